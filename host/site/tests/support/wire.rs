//! A server of a few lines, for answers that the pretend site does not give: it does not encrypt, reads whole
//! messages and answers each with what the test says.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub const PRELOGIN: u8 = 0x12;
pub const LOGIN: u8 = 0x10;
pub const BATCH: u8 = 0x01;

/// A server that answers messages with packets; no answer closes the connection.
pub struct Wire {
    pub port: u16,
    /// Texts of the batches that came.
    pub batches: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves connections one after another. `answer` gets the kind of a message and a batch's text.
pub async fn serve(answer: impl Fn(u8, &str) -> Option<Vec<u8>> + Send + 'static) -> Wire {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let batches = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&batches);
    let serving = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            while let Some((kind, text)) = message(&mut socket).await {
                if kind == BATCH {
                    log.lock().unwrap().push(text.clone());
                }
                let Some(tokens) = answer(kind, &text) else { break };
                let mut packet = vec![4, 1];
                packet.extend(u16::try_from(tokens.len() + 8).unwrap().to_be_bytes());
                packet.extend([0, 0, 1, 0]);
                packet.extend(tokens);
                if socket.write_all(&packet).await.is_err() {
                    break;
                }
            }
        }
    });
    Wire { port, batches, serving }
}

/// A message's kind, and its text where it is a batch.
async fn message(socket: &mut TcpStream) -> Option<(u8, String)> {
    let mut body = Vec::new();
    loop {
        let mut head = [0; 8];
        socket.read_exact(&mut head).await.ok()?;
        let mut part = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]])) - 8];
        socket.read_exact(&mut part).await.ok()?;
        body.extend(part);
        if head[1] & 1 == 1 {
            let text = if head[0] == BATCH {
                let skip = u32::from_le_bytes(body[..4].try_into().unwrap()) as usize;
                let units = body[skip..].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
                char::decode_utf16(units).map(Result::unwrap).collect()
            } else {
                String::new()
            };
            return Some((head[0], text));
        }
    }
}

/// An answer to PRELOGIN that says this of encryption.
pub fn prelogin(encryption: u8) -> Vec<u8> {
    vec![0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, encryption]
}

fn short_text(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&[u8::try_from(units.len() / 2).unwrap()][..], &units].concat()
}

fn token(kind: u8, body: Vec<u8>) -> Vec<u8> {
    let mut token = vec![kind];
    token.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
    token.extend(body);
    token
}

/// The end of an answer, with or without an error in it.
pub fn done(error: bool) -> Vec<u8> {
    let mut token = vec![0xfd, if error { 2 } else { 0 }, 0, 0, 0];
    token.extend([0; 8]);
    token
}

/// A login that was let in.
pub fn welcome() -> Vec<u8> {
    let mut body = vec![1, 0x74, 0, 0, 4];
    body.extend(short_text("Other Server"));
    body.extend([1, 0, 0, 0]);
    [token(0xad, body), done(false)].concat()
}

/// The server wants the client elsewhere.
pub fn routing(host: &str, port: u16) -> Vec<u8> {
    let mut value = vec![0];
    value.extend(port.to_le_bytes());
    let units: Vec<u8> = host.encode_utf16().flat_map(u16::to_le_bytes).collect();
    value.extend(u16::try_from(units.len() / 2).unwrap().to_le_bytes());
    value.extend(units);
    let mut body = vec![20];
    body.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
    body.extend(value);
    body.extend([0, 0]);
    let mut answer = welcome();
    answer.truncate(answer.len() - 13);
    answer.extend(token(0xe3, body));
    answer.extend(done(false));
    answer
}

/// An error, and the end of the answer.
pub fn error(number: u32, class: u8, message: &str) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.extend([1, class]);
    let units: Vec<u8> = message.encode_utf16().flat_map(u16::to_le_bytes).collect();
    body.extend(u16::try_from(units.len() / 2).unwrap().to_le_bytes());
    body.extend(units);
    body.extend(short_text("S"));
    body.extend(short_text(""));
    body.extend(1_u32.to_le_bytes());
    [token(0xaa, body), done(true)].concat()
}

/// One row of these numbers, in columns of type int without names.
pub fn numbers(values: &[i32]) -> Vec<u8> {
    let mut answer = vec![0x81];
    answer.extend(u16::try_from(values.len()).unwrap().to_le_bytes());
    for _ in values {
        answer.extend([0, 0, 0, 0, 0, 0, 0x38, 0]);
    }
    answer.push(0xd1);
    values.iter().for_each(|value| answer.extend(value.to_le_bytes()));
    answer.extend(done(false));
    answer
}
