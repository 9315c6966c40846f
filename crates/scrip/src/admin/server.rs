use std::{os::unix::fs::PermissionsExt, path::Path};

use scrip_engine::Engine;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};

use super::{Request, Response, handle::handle, socket};
use crate::failure::Failure;

/// Listens on the data folder's socket until the process ends. The database's lock says that no other server does.
pub fn serve(data: &Path, engine: &Engine) -> Result<(), Failure> {
    let path = socket(data);
    // One that a killed server left.
    let _ = std::fs::remove_file(&path);
    let doing = || format!("listening on {}", path.display());
    let listener = UnixListener::bind(&path).map_err(|error| Failure::of(doing(), &error))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .map_err(|error| Failure::of(doing(), &error))?;
    let engine = engine.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let engine = engine.clone();
            tokio::spawn(async move {
                if let Err(error) = converse(stream, engine).await {
                    tracing::debug!(%error, "an admin connection ended");
                }
            });
        }
    });
    Ok(())
}

async fn converse(stream: UnixStream, engine: Engine) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let response = match serde_json::from_str::<Request>(&line) {
            Ok(request) => {
                let engine = engine.clone();
                tokio::task::spawn_blocking(move || handle(&engine, request))
                    .await
                    .unwrap_or_else(|_| Response::Refused("an unexpected fault".to_owned()))
            }
            Err(error) => Response::Refused(format!("not understood: {error}")),
        };
        let mut text = serde_json::to_string(&response)?;
        text.push('\n');
        write.write_all(text.as_bytes()).await?;
    }
    Ok(())
}
