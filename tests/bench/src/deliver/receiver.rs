//! Receivers: one that takes whatever comes and keeps none of it, and ours.

use std::{fs, future::pending, net::Ipv4Addr, path::Path, sync::Arc, thread};

use glasshouse_contract::Name;
use glasshouse_receive::{Folder, Receiver, Store};
use jiff::Timestamp;
use pretend_outside::Authority;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Builder,
};
use tokio_rustls::TlsAcceptor;

use super::{BODY, Way};
use crate::Failed;

/// As little work as a server over TLS can have. In a thread of its own, for as long as the process lives.
pub fn that_keeps_nothing(scratch: &Path) -> Result<Way, Failed> {
    let authority = Authority::new();
    let ca = scratch.join("deliver-ca.pem");
    fs::write(&ca, &authority.pem)?;
    let tls = authority.sign("localhost").server();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    thread::spawn(move || {
        runtime.block_on(async {
            while let Ok((tcp, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                // It ends with the client's connection.
                tokio::spawn(async move { serve(tcp, acceptor).await.ok() });
            }
        });
    });
    Ok(Way { address, ca, token: None })
}

/// Ours: each request is on its disk before its receipt is signed. In a thread of its own as well.
pub fn that_keeps_everything(path: &Path) -> Result<Way, Failed> {
    if path.exists() {
        fs::remove_dir_all(path)?;
    }
    let folder = Folder::at(path);
    let made = folder.make("receiver.bench", &["localhost".to_owned()])?;
    let text = fs::read_to_string(&made.config)?;
    fs::write(&made.config, text.replace("127.0.0.1:8443", "127.0.0.1:0"))?;
    let secret = Store::open(&folder)?.add_tenant(&Name::new("bench")?, Timestamp::now())?;
    let token = path.join("token");
    fs::write(&token, secret.expose())?;
    // A sender takes no token that others could read.
    #[cfg(unix)]
    fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let receiver = runtime.block_on(Receiver::open(&folder))?;
    let address = receiver.address()?;
    thread::spawn(move || runtime.block_on(receiver.run(pending())));
    Ok(Way { address, ca: path.join("tls/ca.pem"), token: Some(token) })
}

async fn serve(tcp: TcpStream, acceptor: TlsAcceptor) -> std::io::Result<()> {
    tcp.set_nodelay(true)?;
    let mut tls = BufReader::with_capacity(BODY, acceptor.accept(tcp).await?);
    let mut body = vec![0; BODY];
    loop {
        loop {
            let mut line = String::new();
            if tls.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
        }
        tls.read_exact(&mut body).await?;
        tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?;
        tls.flush().await?;
    }
}
