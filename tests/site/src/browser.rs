//! SQL Server Browser: says over UDP which port a named instance listens on.

use tokio::net::UdpSocket;

const ALL_INSTANCES: [u8; 2] = [0x02, 0x03];
const ONE_INSTANCE: u8 = 0x04;
const ANSWER: u8 = 0x05;

/// What the browser says of the instance.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) server: String,
    pub(crate) name: String,
    pub(crate) port: u16,
}

impl Instance {
    /// The answer to a datagram; none where it does not ask for this instance, as the browser keeps silent.
    fn answer(&self, asked: &[u8]) -> Option<Vec<u8>> {
        let (kind, rest) = asked.split_first()?;
        if *kind == ONE_INSTANCE {
            let name = rest.split(|byte| *byte == 0).next().unwrap_or_default();
            if !name.eq_ignore_ascii_case(self.name.as_bytes()) {
                return None;
            }
        } else if !ALL_INSTANCES.contains(kind) {
            return None;
        }
        let Self { server, name, port } = self;
        let text = format!(
            "ServerName;{server};InstanceName;{name};IsClustered;No;Version;16.0.1000.6;tcp;{port};;"
        );
        let mut answer = vec![ANSWER];
        answer.extend_from_slice(&u16::try_from(text.len()).ok()?.to_le_bytes());
        answer.extend_from_slice(text.as_bytes());
        Some(answer)
    }

    /// Answers until the task is ended.
    pub(crate) async fn serve(self, socket: UdpSocket) {
        let mut buffer = [0_u8; 1024];
        // An error of one datagram (its sender is gone already) is none of the next one.
        loop {
            if let Ok((size, from)) = socket.recv_from(&mut buffer).await
                && let Some(answer) = self.answer(buffer.get(..size).unwrap_or_default())
            {
                let _gone = socket.send_to(&answer, from).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_for_its_instance_and_keeps_silent_about_others() {
        let instance = Instance { server: "SITE".into(), name: "CM".into(), port: 14330 };
        for asked in [b"\x04cm".as_slice(), b"\x04CM\0", b"\x02", b"\x03"] {
            let answer = instance.answer(asked).unwrap();
            assert_eq!(usize::from(u16::from_le_bytes([answer[1], answer[2]])), answer.len() - 3);
            assert!(String::from_utf8_lossy(&answer).contains(";tcp;14330;;"));
        }
        for asked in [b"".as_slice(), b"\x04", b"\x04CMX", b"\x07"] {
            assert!(instance.answer(asked).is_none(), "{asked:?}");
        }
    }
}
