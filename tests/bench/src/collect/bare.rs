//! The driver alone, and the socket alone.

use std::{
    hint::black_box,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Instant,
};

use cpu_time::ThreadTime;
use futures_util::TryStreamExt;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, QueryItem, Row, Uuid, time::DateTime2};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use super::{DATABASE, PACKET, PASSWORD, Run, STATEMENT, USER, timed};
use crate::Failed;

/// A socket that counts what is read from it, and is held by the bench and the driver at the same time.
#[derive(Clone)]
struct Tap {
    socket: Arc<TcpStream>,
    read: Arc<AtomicU64>,
}

impl AsyncRead for Tap {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.socket.poll_read_ready(cx))?;
            match self.socket.try_read(buf.initialize_unfilled()) {
                Ok(read) => {
                    buf.advance(read);
                    self.read.fetch_add(read as u64, Relaxed);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Tap {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.socket.poll_write_ready(cx))?;
            match self.socket.try_write(data) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn config(address: SocketAddr) -> Config {
    let mut config = Config::new();
    config.host(address.ip());
    config.port(address.port());
    config.database(DATABASE);
    config.encryption(EncryptionLevel::NotSupported);
    config.authentication(AuthMethod::sql_server(USER, PASSWORD));
    config.packet_size(PACKET);
    config
}

/// The driver's rows, each value read.
pub(super) fn read(address: SocketAddr) -> Result<Run, Failed> {
    timed(async {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let mut client = Client::connect(config(address), socket.compat_write()).await?;
        let (wall, processor) = (Instant::now(), ThreadTime::now());
        let mut rows = client.simple_query(STATEMENT).await?;
        let mut read = 0;
        while let Some(item) = rows.try_next().await? {
            if let QueryItem::Row(row) = item {
                every_value(&row)?;
                read += 1;
            }
        }
        Ok((read, wall, processor))
    })
}

fn every_value(row: &Row) -> Result<(), Failed> {
    black_box(row.try_get::<i64, _>(0)?);
    black_box(row.try_get::<i32, _>(1)?);
    black_box(row.try_get::<f64, _>(2)?);
    black_box(row.try_get::<bool, _>(3)?);
    black_box(row.try_get::<&str, _>(4)?);
    black_box(row.try_get::<&str, _>(5)?);
    black_box(match row.get_column_data(6)? {
        tiberius::ColumnData::DateTime2(value) => *value,
        _ => None::<DateTime2>,
    });
    black_box(row.try_get::<Uuid, _>(7)?);
    Ok(())
}

/// The bytes of the same rows, read and not looked at.
pub(super) fn drain(address: SocketAddr) -> Result<Run, Failed> {
    // How many bytes there are is known from a first time.
    let counted = timed_drain(address, None)?;
    let (_, bytes) = counted;
    Ok(timed_drain(address, Some(bytes))?.0)
}

fn timed_drain(address: SocketAddr, bytes: Option<u64>) -> Result<(Run, u64), Failed> {
    let total = Arc::new(AtomicU64::new(0));
    let run = timed(async {
        let socket = Arc::new(TcpStream::connect(address).await?);
        socket.set_nodelay(true)?;
        let tap = Tap { socket: Arc::clone(&socket), read: Arc::clone(&total) };
        let mut client: Client<Compat<Tap>> = Client::connect(config(address), tap.compat_write()).await?;
        let (wall, processor) = (Instant::now(), ThreadTime::now());
        let mut rows = client.simple_query(STATEMENT).await?;
        let Some(bytes) = bytes else {
            let mut read = 0;
            while let Some(item) = rows.try_next().await? {
                read += u64::from(matches!(item, QueryItem::Row(_)));
            }
            return Ok((read, wall, processor));
        };
        // The driver has read the columns; from here on the socket is the bench's.
        let mut buffer = vec![0; 64 * 1024];
        while total.load(Relaxed) < bytes {
            socket.readable().await?;
            match socket.try_read(&mut buffer) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(read) => {
                    total.fetch_add(read as u64, Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok((super::ROWS, wall, processor))
    })?;
    Ok((run, total.load(Relaxed)))
}
