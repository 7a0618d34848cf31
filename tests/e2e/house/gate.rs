//! A gate before a receiver: who connects waits before it until it is opened.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// Passes connections on, once it is open.
pub struct Gate {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_open: Mutex<bool>,
    opened: Condvar,
    came: AtomicU64,
    passed: AtomicU64,
}

impl Gate {
    /// A closed one, before this port of the machine.
    pub fn before(behind: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let shared = Arc::new(Shared::default());
        let of_all = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                of_all.came.fetch_add(1, Ordering::SeqCst);
                let shared = Arc::clone(&of_all);
                thread::spawn(move || shared.pass(stream, behind));
            }
        });
        Self { port, shared }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn open(&self) {
        *self.shared.is_open.lock().expect("nobody panics with it") = true;
        self.shared.opened.notify_all();
    }

    /// How many connections came, let through or not.
    pub fn came(&self) -> u64 {
        self.shared.came.load(Ordering::SeqCst)
    }

    /// How many bytes went to the receiver.
    pub fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn pass(&self, here: TcpStream, behind: u16) -> Option<()> {
        let open = self.is_open.lock().ok()?;
        drop(self.opened.wait_while(open, |open| !*open).ok()?);
        let there = TcpStream::connect(("127.0.0.1", behind)).ok()?;
        let (back_from, back_to) = (there.try_clone().ok()?, here.try_clone().ok()?);
        thread::spawn(move || copy(back_from, back_to, &AtomicU64::new(0)));
        copy(here, there, &self.passed)
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) -> Option<()> {
    let mut piece = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        count.fetch_add(read as u64, Ordering::SeqCst);
        to.write_all(&piece[..read]).ok()?;
    }
    to.shutdown(Shutdown::Write).ok()
}
