//! SQL Browser: which port has a named instance (MC-SQLR 2.2.3, 2.2.5).

use std::{io, time::Duration};

use tokio::{
    net::{UdpSocket, lookup_host},
    time::timeout,
};

/// The request for one instance.
const ONE_INSTANCE: u8 = 0x04;
const ANSWER: u8 = 0x05;

/// The answer for one instance has at most 1,024 bytes and a header of 3.
const MOST: usize = 1024 + 3;

/// A datagram can get lost, so it is sent a few times.
const TRIES: u32 = 3;

/// Asks for the port of an instance. What comes back is not authenticated; whoever answers in place of the server
/// still has to show its certificate.
pub(crate) async fn port_of(
    server: &str,
    browser: u16,
    instance: &str,
    patience: Duration,
) -> Result<u16, String> {
    let failed = |error: io::Error| format!("SQL Browser cannot be asked: {error}");
    let mut request = vec![ONE_INSTANCE];
    request.extend_from_slice(instance.as_bytes());
    request.push(0);
    let addresses: Vec<_> = lookup_host((server, browser)).await.map_err(failed)?.collect();
    let each = patience / TRIES / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    for _ in 0..TRIES {
        for address in &addresses {
            let here = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(here).await.map_err(failed)?;
            // Connected: the operating system drops what others send.
            socket.connect(address).await.map_err(failed)?;
            let mut answer = [0; MOST];
            let asked = async {
                socket.send(&request).await?;
                socket.recv(&mut answer).await
            };
            // Otherwise nobody is there, or nothing came: the next address, or another try.
            if let Ok(Ok(length)) = timeout(each, asked).await {
                return port_in(answer.get(..length).unwrap_or_default(), instance);
            }
        }
    }
    Err(format!("SQL Browser does not answer on UDP {browser}, or there is no instance `{instance}`"))
}

/// The port in an answer: `ServerName;..;InstanceName;..;IsClustered;..;Version;..;tcp;PORT;..;;`.
fn port_in(answer: &[u8], instance: &str) -> Result<u16, String> {
    let none = || format!("SQL Browser's answer has no TCP port for the instance `{instance}`");
    let Some([ANSWER, low, high]) = answer.first_chunk::<3>() else { return Err(none()) };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    let text = answer.get(3..3 + length).and_then(|bytes| str::from_utf8(bytes).ok()).ok_or_else(none)?;
    let mut fields = text.split(';');
    let mut named = false;
    while let (Some(key), Some(value)) = (fields.next(), fields.next()) {
        if key.eq_ignore_ascii_case("InstanceName") {
            named = value.eq_ignore_ascii_case(instance);
        } else if key == "tcp" && named {
            return value.parse().map_err(|_| none());
        }
    }
    Err(none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(text: &str) -> Vec<u8> {
        let mut bytes = vec![ANSWER];
        bytes.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
    }

    #[test]
    fn the_port_is_that_of_the_instance_that_was_asked_for() {
        let bytes = answer("ServerName;SQL1;InstanceName;CM;IsClustered;No;Version;16.0.1000.6;tcp;50123;;");
        assert_eq!(port_in(&bytes, "cm"), Ok(50123));
        assert!(port_in(&bytes, "OTHER").is_err());
        assert!(
            port_in(&answer("ServerName;SQL1;InstanceName;CM;IsClustered;No;Version;16;np;x;;"), "CM")
                .is_err()
        );
        assert!(port_in(&bytes[..20], "CM").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_of_answers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = port_in(&bytes, "CM");
        }
    }
}
