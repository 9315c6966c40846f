//! Orders: one checkout of one account, with one transaction for each seller in it.

mod changes;
mod due;
mod figures;
mod line_money;
mod refund;
mod refund_page;
mod reversal;
mod state;

pub use due::{Due, DueOrder};
pub use figures::{Figures, LineFigures, SellerFigures, figures};
pub use line_money::LineMoney;
pub use refund::{
    CouponOutcome, Refund, RefundCoupon, RefundedAmount, RefundedLine, RefundedOrder, RefundedShipping, StatusAfter,
};
pub use refund_page::{GivenBack, REFUND_PAGE_MAX, REFUNDS_INLINE_MAX, RefundLocation, RefundPage};
pub(crate) use state::open_transactions;
pub use state::{
    ORDER_EVENTS_MAX, Order, OrderCoupon, OrderCouponState, OrderStage, ShippingMoney, Transaction, TransactionState,
};
