use std::{os::unix::fs::PermissionsExt, path::Path};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;
use tower::Service;

use super::socket;
use crate::failure::Failure;

/// Listens on the data folder's socket until the process ends. The database's lock says that no other server does.
pub fn serve(data: &Path, app: Router) -> Result<(), Failure> {
    let path = socket(data);
    // One that a killed server left.
    let _ = std::fs::remove_file(&path);
    let doing = || format!("listening on {}", path.display());
    let listener = UnixListener::bind(&path).map_err(|error| Failure::of(doing(), &error))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .map_err(|error| Failure::of(doing(), &error))?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let app = app.clone();
            // A router is always ready.
            let service = service_fn(move |request: Request<Incoming>| app.clone().call(request));
            tokio::spawn(async move {
                if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                    tracing::debug!(%error, "a connection of the command line ended");
                }
            });
        }
    });
    Ok(())
}
