//! How fast the whole pipeline is, beside how fast the same file takes the same rows without it.
//!
//! `cargo run --release -p benchmark [seconds-per-step]`. One run prints the limit, the pipeline with 1, 16 and 256
//! customers at once, their ratio, the time from an update to its live event, and memory.

mod pipeline;
mod raw;

use std::{error::Error, time::Duration};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "this is the program's own output")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let seconds = std::env::args().nth(1).map_or(Ok(5), |given| given.parse())?;
    let step = Duration::from_secs(seconds);
    let folder = tempfile::tempdir()?;

    let rows = raw::rows_per_second(&folder.path().join("raw.sqlite3"), step).await?;
    println!("the limit: bare sqlx, {} rows in a transaction, WAL with synchronous=FULL", raw::BATCH_ROWS);
    println!("  {rows:>10.0} rows/s");
    println!();
    println!(
        "the pipeline: Desk::receive to the durable commit; rules, events, tasks, answers and sends go on behind it"
    );
    println!("  customers   messages/s   rows/s   of the limit   to live event p50   p99   resident");
    for customers in [1, 16, 256] {
        let path = folder.path().join(format!("pipeline-{customers}.sqlite3"));
        let run = pipeline::run(&path, customers, step).await?;
        println!(
            "  {customers:>9}   {:>10.0}   {:>6.0}   {:>11.1}%   {:>14.2} ms   {:>6.2} ms   {:>4} MiB",
            run.messages_per_second,
            run.rows_per_second,
            100.0 * run.rows_per_second / rows,
            run.p50.as_secs_f64() * 1000.0,
            run.p99.as_secs_f64() * 1000.0,
            resident_mib(),
        );
    }
    Ok(())
}

/// Resident memory of this process, from the kernel; 0 where it does not tell.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    kib.unwrap_or(0_u64) / 1024
}
