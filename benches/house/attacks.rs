//! Clients that mean harm: connections that never ask, connections that ask once and stay, and guessed passwords, each beside
//! a reader who reads. They come from many addresses of the loopback network, because one address gets few connections.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::load::{self, Address};
use super::program::{NAME, Program, Served};
use super::{Failure, Options, Table, filled};

/// Connections whose head never ends.
const HALF_OPEN: usize = 5_000;
/// Connections that ask once.
const QUIET: usize = 10_000;
/// Guesses a second.
const GUESSES: u32 = 100;
/// For how long a reader reads while it is measured.
const SECONDS: f64 = 8.0;

/// The time of a list during each attack, to that without any.
pub(crate) async fn measure(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let program: Program = filled(options).await?;
    let served = program.serve().await?;
    let cookie = served.log_in().await?;
    let at_rest = read(&served, &cookie).await?;
    table.add("attack_none_p95", vec![at_rest * 1e3], "ms");

    let (during, longest) = {
        let crowd = crowd(&served, HALF_OPEN, b"GET / HTTP/1.1\r\nHost:").await;
        let begun = Instant::now();
        let (during, closed) = tokio::join!(read(&served, &cookie), until_closed(crowd));
        (during?, closed.saturating_duration_since(begun))
    };
    table.add("attack_half_open_to_none", vec![during / at_rest], "ratio");
    table.add("attack_half_open_closed_after", vec![longest.as_secs_f64()], "s");

    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    let quiet = crowd(&served, QUIET, request.as_bytes()).await;
    let during = read(&served, &cookie).await?;
    table.add("attack_quiet_to_none", vec![during / at_rest], "ratio");
    drop(quiet);

    let guesses = tokio::spawn(guess(served.address.clone()));
    let during = read(&served, &cookie).await;
    guesses.abort();
    table.add("attack_guesses_to_none", vec![during? / at_rest], "ratio");
    Ok(())
}

/// The 95th part of a hundred of the times in which a reader got a list, in seconds; a new connection for each tenth.
async fn read(served: &Served, cookie: &str) -> Result<f64, Failure> {
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < SECONDS {
        times.push(load::load(&served.address, ("/unread", Address::New), cookie, 1, 0.1).await?.p95.as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() * 95 / 100])
}

/// So many connections from many addresses, each of which said the same. Those that are refused are left out.
async fn crowd(served: &Served, size: usize, says: &[u8]) -> Vec<TcpStream> {
    let mut crowd = Vec::with_capacity(size);
    for number in 0..size {
        if let Some(mut stream) = connect(&served.address, number).await
            && stream.write_all(says).await.is_ok()
        {
            crowd.push(stream);
        }
    }
    crowd
}

/// A connection from the address that the number stands for; thirty-two share one.
async fn connect(address: &str, number: usize) -> Option<TcpStream> {
    let [_, _, high, low] = u32::try_from(number / 32).ok()?.to_be_bytes();
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind((Ipv4Addr::new(127, 9, high, low), 0).into()).ok()?;
    tokio::time::timeout(Duration::from_secs(5), socket.connect(address.parse().ok()?)).await.ok()?.ok()
}

/// When the last of these was closed by the server.
async fn until_closed(crowd: Vec<TcpStream>) -> Instant {
    for mut stream in crowd {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    Instant::now()
}

/// Guesses passwords until it is stopped.
async fn guess(address: String) {
    let mut pace = tokio::time::interval(Duration::from_secs(1) / GUESSES);
    for number in 0.. {
        pace.tick().await;
        let address = address.clone();
        tokio::spawn(async move {
            let body = format!("name={NAME}&password=guess+number+{number}");
            let request = format!(
                "POST /login HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            if let Some(mut stream) = connect(&address, number % 4_096).await
                && stream.write_all(request.as_bytes()).await.is_ok()
            {
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer).await;
            }
        });
    }
}
