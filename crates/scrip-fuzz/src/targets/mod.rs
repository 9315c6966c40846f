pub mod combination;
pub mod money;
pub mod request;
pub mod stored;
pub mod text;
