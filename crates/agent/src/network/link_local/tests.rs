use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

#[test]
fn control_plane_on_the_loopback_needs_nobody_between() {
    assert_eq!(here("127.0.0.1:7300"), Some("127.0.0.1:7300".parse().unwrap()));
    assert_eq!(here("127.0.0.2"), Some("127.0.0.2:80".parse().unwrap()));
    for elsewhere in ["10.0.0.1:7300", "control.example:7300", "[::1]:7300", "localhost:7300"] {
        assert_eq!(here(elsewhere), None, "{elsewhere}");
    }
}

#[test]
fn resolvers_are_those_of_the_file_or_the_machine_itself() {
    let four = "search lan\nnameserver 10.0.0.2\nnameserver fd00::1\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n";
    let expected: [IpAddr; 3] = ["10.0.0.2".parse().unwrap(), "fd00::1".parse().unwrap(), "10.0.0.3".parse().unwrap()];
    assert_eq!(named(four), expected);
    assert_eq!(named("options edns0\n"), [IpAddr::from(Ipv4Addr::LOCALHOST)]);
}

#[tokio::test]
async fn connections_are_passed_on_unchanged() {
    let (server, address) = listen().await.unwrap();
    let (relay, entry) = listen().await.unwrap();
    // Nobody listens at the first.
    let (closed, nowhere) = listen().await.unwrap();
    drop(closed);
    let mut parts = JoinSet::new();
    parts.spawn(pass_on(relay, Arc::new(move || vec![nowhere.to_string(), address.to_string()]), None));
    let mut client = TcpStream::connect(entry).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: 169.254.170.2:7300\r\n\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    let (mut served, _) = server.accept().await.unwrap();
    let mut heard = String::new();
    served.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "GET / HTTP/1.1\r\nHost: 169.254.170.2:7300\r\n\r\n");
    served.write_all(b"answer").await.unwrap();
    drop(served);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "answer");
}

#[test]
fn one_task_does_not_take_the_room_of_all() {
    let callers = Callers::default();
    let of = |last| IpAddr::from([172, 31, 0, last]);
    let mut places: Vec<Place> = (0..MOST_OF_ONE).map(|_| callers.place(of(4)).unwrap()).collect();
    assert!(callers.place(of(4)).is_none());
    assert!(callers.place(of(5)).is_some());
    places.pop();
    assert!(callers.place(of(4)).is_some());
    drop(places);
    assert!(callers.now.lock().unwrap().is_empty());
}
