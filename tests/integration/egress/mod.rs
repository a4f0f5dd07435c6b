//! The one door out, against an outside world that is obliging or hostile.

mod bodies;
mod guard;
mod manners;

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gleaner::domain::{Failure, FixedEntropy, ManualClock, UnixMillis, WebUrl};
use gleaner::egress::{
    AllowRule, Answer, Deadlines, Egress, EgressSettings, FetchError, Fetched, Looking, Lookup, Purpose, Request,
    Validators,
};

use crate::support::outside::{Outside, Reply, Step};

/// Long enough for a busy machine, short enough for a test.
const HURRIED: Deadlines = Deadlines {
    lookup: Duration::from_millis(300),
    connect: Duration::from_millis(600),
    first_byte: Duration::from_millis(900),
    feed: Duration::from_millis(1_500),
    page: Duration::from_millis(1_500),
    picture: Duration::from_millis(1_500),
    room: Duration::from_millis(300),
};

fn settings(allow: Vec<AllowRule>) -> EgressSettings {
    EgressSettings { allow, host_interval: Duration::ZERO, ..EgressSettings::default() }
}

fn door(settings: EgressSettings) -> Egress {
    door_with_names(settings, &[])
}

/// A door for which names mean what the test says: each lookup takes the next answer, the last one stays.
fn door_with_names(settings: EgressSettings, names: &[(&str, &[&[&str]])]) -> Egress {
    let names = names
        .iter()
        .map(|(name, answers)| {
            let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
            ((*name).to_owned(), answers)
        })
        .collect();
    let clock = Arc::new(ManualClock::at(UnixMillis(1_700_000_000_000)));
    Egress::with_lookup(settings, clock, Arc::new(FixedEntropy::default()), Arc::new(Names(Mutex::new(names)))).unwrap()
}

#[derive(Debug)]
struct Names(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Lookup for Names {
    fn lookup(&self, host: &str) -> Looking {
        let mut names = self.0.lock().unwrap();
        let answer = match names.get_mut(host) {
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers[0].clone()),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        Box::pin(async move {
            if answer.as_ref().is_ok_and(Vec::is_empty) {
                std::future::pending::<()>().await;
            }
            answer
        })
    }
}

async fn fetch(door: &Egress, url: WebUrl) -> Result<Fetched, FetchError> {
    match door.fetch(Request::new(url, Purpose::Feed)).await? {
        Answer::Fetched(fetched) => Ok(fetched),
        Answer::NotModified(_) => panic!("no validators were sent"),
    }
}

async fn failure(door: &Egress, url: WebUrl) -> Failure {
    fetch(door, url).await.expect_err("nothing may come").failure
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
