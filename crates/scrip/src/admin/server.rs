use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::UnixListener, sync::Semaphore};

use super::socket;
use crate::{connections::connection, failure::Failure};

/// Connections at once: they come out of the same files as the network's.
const AT_ONCE: usize = 32;

/// Listens on the data folder's socket until the process ends. The database's lock says that no other server does. A client gets
/// as much patience as one on the network: whoever is stopped in the middle keeps nobody else out.
pub fn serve(data: &Path, app: Router, patience: Duration) -> Result<(), Failure> {
    let path = socket(data);
    // One that a killed server left.
    let _ = std::fs::remove_file(&path);
    let doing = || format!("listening on {}", path.display());
    let listener = UnixListener::bind(&path).map_err(|error| Failure::of(doing(), &error))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .map_err(|error| Failure::of(doing(), &error))?;
    tokio::spawn(async move {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let place = Arc::clone(&room).acquire_owned().await.expect("never closed");
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Without files or memory a second's rest may bring some: it is the command line's only way in.
                    tracing::error!(%error, "accepting a connection of the command line");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            let connection = connection(stream, None, app.clone(), patience);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection of the command line ended");
                }
                drop(place);
            });
        }
    });
    Ok(())
}
