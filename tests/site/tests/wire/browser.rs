//! SQL Server Browser.

use pretend_site::{Browser, Site};
use tokio::net::UdpSocket;

use crate::support::*;

#[tokio::test]
async fn the_browser_names_the_port_of_the_instance() {
    let mut options = options();
    options.browser = Some(Browser { listen: "127.0.0.1:0".parse().unwrap(), instance: "CM".into() });
    let site = Site::start(options).await.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // Nobody answers for an instance that is not here: the answer that comes is that to the second question.
    socket.send_to(b"\x04NOSUCH\0", site.browser_addr.unwrap()).await.unwrap();
    socket.send_to(b"\x04cm\0", site.browser_addr.unwrap()).await.unwrap();
    let mut buffer = [0; 1024];
    let (size, _) = in_time(socket.recv_from(&mut buffer)).await.unwrap();
    let answer = String::from_utf8_lossy(&buffer[3..size]).into_owned();
    assert!(
        answer.contains(&format!(
            "InstanceName;CM;IsClustered;No;Version;16.0.1000.6;tcp;{};",
            site.addr.port()
        ))
    );
    let mut config = config(&site, "reader");
    config.instance_name("CM");
    assert_eq!(
        cell(&mut connect_as(&site, config).await.unwrap(), "SELECT @@SERVERNAME").await,
        "PRETENDSITE\\CM"
    );
    site.stop().await;
}
