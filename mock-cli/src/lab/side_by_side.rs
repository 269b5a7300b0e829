//! Running several tasks at a time.

use std::collections::VecDeque;
use std::future::Future;

use tokio::task::JoinSet;

use crate::Failure;

/// Runs `work` on each item, at most `jobs` at a time. The results are in the order of the items.
///
/// # Errors
/// The first error of `work`, at once; running work is dropped.
pub async fn side_by_side<I, T, F>(
    items: impl IntoIterator<Item = I>,
    jobs: usize,
    work: impl Fn(I) -> F,
) -> Result<Vec<T>, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let mut waiting: VecDeque<_> = items.into_iter().enumerate().collect();
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    loop {
        while running.len() < jobs
            && let Some((number, item)) = waiting.pop_front()
        {
            let work = work(item);
            running.spawn(async move { (number, work.await) });
        }
        let Some(one) = running.join_next().await else { break };
        let (number, result) = one.map_err(|error| format!("a task failed: {error}"))?;
        done.push((number, result?));
    }
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::session_host::lock;

    #[tokio::test(start_paused = true)]
    async fn a_limited_number_runs_at_once_and_results_keep_their_order() {
        let most = Arc::new(Mutex::new((0, 0)));
        let work = |number: u64| {
            let most = most.clone();
            async move {
                {
                    let (now, most) = &mut *lock(&most);
                    *now += 1;
                    *most = (*most).max(*now);
                }
                // Virtual time, in the place of work that takes long: the later items finish first.
                tokio::time::sleep(Duration::from_secs(10 - number)).await;
                lock(&most).0 -= 1;
                Ok(number * 10)
            }
        };
        assert_eq!(side_by_side(0..5, 2, work).await, Ok(vec![0, 10, 20, 30, 40]));
        assert_eq!(lock(&most).1, 2);
    }

    #[tokio::test]
    async fn the_first_error_ends_it() {
        let work =
            |number: usize| async move { if number == 1 { Err("no".to_owned()) } else { Ok(()) } };
        assert_eq!(side_by_side(0..3, 1, work).await, Err("no".to_owned()));
    }
}
