//! A closed loop on one thread: each connection asks again when it has its answer.

use std::{
    io,
    time::{Duration, Instant},
};

use rustix::{
    buffer::spare_capacity,
    event::{Timespec, epoll},
};

use super::{
    connection::{Connection, Prepared, Step},
    server::BenchServer,
};
use crate::failure::Failure;

/// What a measurement came to.
#[derive(Clone, Copy)]
pub(super) struct Measured {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Processor time of the server for one round, from the operating system, with what was left to follow afterwards.
    pub server_cpu: Duration,
    /// Rounds in which an answer was another than it should be.
    pub unexpected: usize,
}

/// Measures rounds of these requests, each with the status that it should be answered with. `next` gives each round's number;
/// the loop ends when there is none left, or the time is over.
pub(super) fn measure(
    server: &BenchServer,
    connections: usize,
    time: Duration,
    requests: &[(Prepared, u16)],
    mut next: impl FnMut() -> Option<u32>,
) -> Result<Measured, Failure> {
    let failed = |error: io::Error| Failure::of("measuring", &error);
    let opened = (0..connections).map(|_| Connection::open(server.address, requests)).collect::<io::Result<Vec<_>>>();
    let mut opened = opened.map_err(failed)?;
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
    for (number, connection) in opened.iter().enumerate() {
        let data = epoll::EventData::new_u64(number as u64);
        epoll::add(&poll, connection, data, epoll::EventFlags::IN).map_err(|error| failed(error.into()))?;
    }
    server.rest()?;
    let cpu_before = server.cpu_time()?;
    let started = Instant::now();
    let until = started + time;
    let mut on_their_way = 0_usize;
    for connection in &mut opened {
        if let Some(number) = next() {
            connection.begin(number).map_err(failed)?;
            on_their_way += 1;
        }
    }
    let mut latencies = Vec::new();
    let mut unexpected = 0;
    let mut events = Vec::with_capacity(connections.min(1_024));
    // Nobody waits for ever: a server that answers nothing is told as one.
    let patience = Timespec { tv_sec: 30, tv_nsec: 0 };
    while on_their_way > 0 {
        events.clear();
        let found = epoll::wait(&poll, spare_capacity(&mut events), Some(&patience));
        if found.map_err(|error| failed(error.into()))? == 0 {
            return Err(Failure::new("the server answered nothing for 30 seconds"));
        }
        for event in &events {
            let event: &epoll::Event = event;
            let number = usize::try_from(event.data.u64()).expect("it is an index");
            let connection = &mut opened[number];
            let Step::Done { took, is_good } = connection.step().map_err(failed)? else { continue };
            latencies.push(took);
            unexpected += usize::from(!is_good);
            match next().filter(|_| Instant::now() < until) {
                Some(number) => connection.begin(number).map_err(failed)?,
                None => on_their_way -= 1,
            }
        }
    }
    let elapsed = started.elapsed().as_secs_f64();
    server.rest()?;
    let rounds = u32::try_from(latencies.len().max(1)).unwrap_or(u32::MAX);
    let server_cpu = server.cpu_time()?.saturating_sub(cpu_before) / rounds;
    latencies.sort_unstable();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default();
    Ok(Measured { per_second: latencies.len() as f64 / elapsed, p50: at(50), p99: at(99), server_cpu, unexpected })
}
