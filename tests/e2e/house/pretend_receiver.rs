//! A receiver that does with each request what a script says, and keeps in memory what it took: the oracle that a
//! sender is held against.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
};

use glasshouse_audit::{Checkpoint, Deed, Receipt, Signer};
use glasshouse_contract::{CHECKPOINT_HEADER, Digest, ID_HEADER, Name, TRANSPORT_HEADERS, sealed_bytes};
use pretend_outside::read_head;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// What it does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Takes it and says so.
    Take,
    /// Takes it, and the connection is reset before a word of the answer.
    TakeAndReset,
    /// Takes it, and the connection is reset in the middle of the answer.
    TakeAndBreakOff,
    /// Takes it and says so twice.
    TakeAndAnswerTwice,
    /// Takes it and says nothing.
    TakeAndStall,
    /// Takes it, and its answer has no end.
    TakeAndTalk,
    /// Reads it and says nothing.
    Stall,
    /// Resets the connection behind the head of the request.
    Reset,
    /// Resets it in the middle of the request's body.
    ResetInBody,
    /// Says what is no HTTP.
    Garbage,
    /// The head of its answer has no end.
    EndlessHead,
    /// 200, and the body says that it went wrong.
    ErrorBody,
    /// 200, and a page that wants a login.
    Page,
    /// 200 and nothing else.
    EmptyYes,
    /// 200 before the body was read, which it never is.
    EarlyYes,
    /// 200 and a receipt for another request.
    OtherReceipt,
    /// 200 and what calls itself a receipt and is none.
    BrokenReceipt,
    /// 500, and when to come again.
    Fail,
    /// 503.
    Unavailable,
    /// 429, and when to come again.
    TooMany,
    /// 413.
    TooLarge,
}

impl Act {
    /// Whether the receiver has the request for good afterwards.
    pub const fn takes(self) -> bool {
        matches!(
            self,
            Self::Take
                | Self::TakeAndReset
                | Self::TakeAndBreakOff
                | Self::TakeAndAnswerTwice
                | Self::TakeAndStall
                | Self::TakeAndTalk
        )
    }
}

/// The seconds that it asks for where it says when to come again.
pub const COME_AGAIN_S: i64 = 120;

/// A receiver that runs until it is dropped.
pub struct PretendReceiver {
    // Dropped with it, and all that runs on it.
    _runtime: Runtime,
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    tls: Arc<ServerConfig>,
    /// With what it signs receipts, if it gives any.
    signer: Option<Signer>,
    script: VecDeque<Act>,
    otherwise: Act,
    /// What it has: id and digest.
    took: BTreeMap<String, String>,
    /// Ids that came again with other bytes.
    changed: Vec<String>,
    /// What it did, in order, since somebody asked.
    did: Vec<(String, Act)>,
}

impl PretendReceiver {
    /// A receiver that takes what comes. It gives receipts where it has something to sign them with.
    pub fn start(tls: ServerConfig, signer: Option<Signer>) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let shared = Arc::new(Mutex::new(Shared {
            tls: Arc::new(tls),
            signer,
            script: VecDeque::new(),
            otherwise: Act::Take,
            took: BTreeMap::new(),
            changed: Vec::new(),
            did: Vec::new(),
        }));
        let state = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                // How it ends the sender sees.
                tokio::spawn(serve(tcp, Arc::clone(&state)));
            }
        });
        Self { _runtime: runtime, address, shared }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shows another certificate from the next connection on.
    pub fn shows(&self, tls: ServerConfig) {
        self.shared().tls = Arc::new(tls);
    }

    /// Does this with the requests that come next, and that with all that follow.
    pub fn will(&self, script: &[Act], otherwise: Act) {
        let mut shared = self.shared();
        shared.script = script.iter().copied().collect();
        shared.otherwise = otherwise;
    }

    /// Whether it has done what it was told to do first.
    pub fn is_through(&self) -> bool {
        self.shared().script.is_empty()
    }

    /// What it has: id and digest.
    pub fn took(&self) -> BTreeMap<String, String> {
        let shared = self.shared();
        assert!(shared.changed.is_empty(), "other bytes came under the same id: {:?}", shared.changed);
        shared.took.clone()
    }

    /// What it did, and with which request, since this was asked the last time.
    pub fn did(&self) -> Vec<(String, Act)> {
        std::mem::take(&mut self.shared().did)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("nobody panics with it")
    }
}

/// A request as it came.
struct Came {
    id: String,
    digest: Digest,
    checkpoint: Option<Checkpoint>,
}

async fn serve(tcp: TcpStream, shared: Arc<Mutex<Shared>>) -> io::Result<()> {
    let state = || shared.lock().expect("nobody panics with it");
    let acceptor = TlsAcceptor::from(Arc::clone(&state().tls));
    let mut tls = acceptor.accept(tcp).await?;
    loop {
        let head = read_head(&mut tls).await?;
        // Whoever looks whether it is there asks with GET.
        if head.starts_with("GET ") {
            answer(&mut tls, "404 Not Found", "", "").await?;
            continue;
        }
        let id = header(&head, ID_HEADER).expect("each request has an id").to_owned();
        let act = {
            let mut state = state();
            let act = state.script.pop_front().unwrap_or(state.otherwise);
            state.did.push((id.clone(), act));
            act
        };
        let length: usize =
            header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
        let read = match act {
            Act::Reset | Act::EarlyYes => 0,
            Act::ResetInBody => length / 2,
            _ => length,
        };
        let mut body = vec![0; read];
        tls.read_exact(&mut body).await?;
        let came = Came { id, digest: sealed_digest(&head, &body), checkpoint: checkpoint(&head) };
        let yes = {
            let mut state = state();
            if act.takes() {
                state.keep(&came);
            }
            state.signer.as_ref().map_or_else(|| "{\"error\":null}".to_owned(), |signer| came.receipt(signer))
        };
        if !play(&mut tls, act, &came, &yes, &shared).await? {
            return Ok(());
        }
    }
}

/// Does what is to be done after a request was read; whether the connection goes on.
async fn play(
    tls: &mut TlsStream<TcpStream>,
    act: Act,
    came: &Came,
    yes: &str,
    shared: &Mutex<Shared>,
) -> io::Result<bool> {
    let again = format!("retry-after: {COME_AGAIN_S}\r\n");
    match act {
        Act::Take => answer(tls, "200 OK", "", yes).await?,
        Act::TakeAndAnswerTwice => {
            let twice = said("200 OK", "", yes).repeat(2);
            tls.write_all(twice.as_bytes()).await?;
            tls.flush().await?;
        }
        Act::TakeAndReset | Act::Reset | Act::ResetInBody => return reset(tls),
        Act::TakeAndBreakOff => {
            tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4096\r\n\r\n").await?;
            tls.write_all(yes.as_bytes()).await?;
            tls.flush().await?;
            return reset(tls);
        }
        Act::TakeAndStall | Act::Stall => return until_it_goes(tls).await,
        Act::TakeAndTalk => {
            tls.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await?;
            return without_end(tls, &[b'x'; 4096]).await;
        }
        Act::EndlessHead => {
            tls.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            return without_end(tls, b"x: y\r\n").await;
        }
        Act::Garbage => {
            tls.write_all(b"\x00\x01 no HTTP \xff\r\n\r\n").await?;
            tls.flush().await?;
            return until_it_goes(tls).await;
        }
        Act::ErrorBody => {
            answer(tls, "200 OK", "", "{\"errors\":true,\"error\":\"nothing was kept\"}").await?
        }
        Act::Page => answer(tls, "200 OK", "", "<!DOCTYPE html>\n<p>Please log in</p>\n").await?,
        Act::EmptyYes => answer(tls, "200 OK", "", "").await?,
        Act::EarlyYes => {
            answer(tls, "200 OK", "", "{}").await?;
            // Neither reads on nor closes: the sender has the answer.
            return std::future::pending().await;
        }
        Act::OtherReceipt => {
            let other = Came { id: "0".repeat(64), digest: came.digest, checkpoint: came.checkpoint.clone() };
            let note = shared
                .lock()
                .expect("nobody panics with it")
                .signer
                .as_ref()
                .map(|signer| other.receipt(signer));
            answer(tls, "200 OK", "", &note.expect("only who gives receipts gives wrong ones")).await?;
        }
        Act::BrokenReceipt => answer(tls, "200 OK", "", &yes.replacen("stored", "kept", 1)).await?,
        Act::Fail => answer(tls, "500 Internal Server Error", &again, "").await?,
        Act::Unavailable => answer(tls, "503 Service Unavailable", "", "").await?,
        Act::TooMany => answer(tls, "429 Too Many Requests", &again, "").await?,
        Act::TooLarge => answer(tls, "413 Content Too Large", "", "").await?,
    }
    Ok(true)
}

impl Shared {
    fn keep(&mut self, came: &Came) {
        let digest = came.digest.to_string();
        match self.took.get(&came.id) {
            Some(known) if *known != digest => self.changed.push(came.id.clone()),
            Some(_) => {}
            None => drop(self.took.insert(came.id.clone(), digest)),
        }
    }
}

impl Came {
    /// What the receiver signs for it.
    fn receipt(&self, signer: &Signer) -> String {
        let receipt = Receipt {
            deed: Deed::Stored,
            tenant: Name::new("contoso").expect("a name"),
            request: Digest::from_hex(&self.id).expect("an id has 64 digits"),
            digest: self.digest,
            at: "2026-03-01T12:00:00Z".parse().expect("a time"),
            checkpoint: self.checkpoint.clone(),
        };
        receipt.sign(signer)
    }
}

/// The value of a header.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// The digest of a request as its sender sealed it: without what belongs to the way.
fn sealed_digest(head: &str, body: &[u8]) -> Digest {
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let url = format!("https://{}{path}", header(head, "host").unwrap_or_default());
    let sealed =
        lines.filter_map(|line| line.split_once(": ")).filter(|(name, _)| !TRANSPORT_HEADERS.contains(name));
    Digest::of(&sealed_bytes(method, &url, sealed, body))
}

/// How far the sender says that its log is.
fn checkpoint(head: &str) -> Option<Checkpoint> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let note = String::from_utf8(STANDARD.decode(header(head, CHECKPOINT_HEADER)?).ok()?).ok()?;
    Checkpoint::read(&note).ok()
}

fn said(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

async fn answer(tls: &mut TlsStream<TcpStream>, status: &str, headers: &str, body: &str) -> io::Result<()> {
    tls.write_all(said(status, headers, body).as_bytes()).await?;
    tls.flush().await
}

fn reset(tls: &TlsStream<TcpStream>) -> io::Result<bool> {
    tls.get_ref().0.set_zero_linger()?;
    Ok(false)
}

async fn until_it_goes(tls: &mut TlsStream<TcpStream>) -> io::Result<bool> {
    while tls.read(&mut [0; 4096]).await? > 0 {}
    Ok(false)
}

async fn without_end(tls: &mut TlsStream<TcpStream>, piece: &[u8]) -> io::Result<bool> {
    loop {
        tls.write_all(piece).await?;
    }
}
