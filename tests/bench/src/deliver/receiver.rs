//! A receiver that takes whatever comes: as little work as a server over TLS can have.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    thread,
};

use pretend_outside::Authority;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Builder,
};
use tokio_rustls::TlsAcceptor;

use super::BODY;
use crate::Failed;

/// A receiver in a thread of its own, for as long as the process lives; its authority goes to `ca`.
pub fn start(ca: &Path) -> Result<SocketAddr, Failed> {
    let authority = Authority::new();
    fs::write(ca, &authority.pem)?;
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
    Ok(address)
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
