//! Work on many items at once, on all processors; the results have the order of the items.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// The results of `work`, or the failure of the first item that fails; after a failure no further item is begun.
pub(crate) fn try_map<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    // Items are begun in their order, so all that stand before one that fails are finished.
    let has_failed = AtomicBool::new(false);
    let done = in_lanes(items, |next| {
        let mut done = Vec::new();
        while let Some((place, item)) = next.next().filter(|_| !has_failed.load(Ordering::Relaxed)) {
            let result = work(item);
            has_failed.fetch_or(result.is_err(), Ordering::Relaxed);
            done.push((place, result));
        }
        done
    });
    done.into_iter().collect()
}

/// Runs `lane` once for each processor, this thread among them. A lane takes items until there are no more, and returns
/// its results with the places of their items; what it sets up before is its own. A thread that cannot be started
/// leaves its work to the others.
pub(crate) fn in_lanes<'a, T: Sync, R: Send>(
    items: &'a [T],
    lane: impl Fn(&mut dyn Iterator<Item = (usize, &'a T)>) -> Vec<(usize, R)> + Sync,
) -> Vec<R> {
    if items.is_empty() {
        return vec![];
    }
    let next = AtomicUsize::new(0);
    let run = || {
        lane(&mut std::iter::from_fn(|| {
            let place = next.fetch_add(1, Ordering::Relaxed);
            items.get(place).map(|item| (place, item))
        }))
    };
    let lanes = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let mut done = thread::scope(|scope| {
        let others: Vec<_> =
            (1..lanes).filter_map(|_| thread::Builder::new().spawn_scoped(scope, run).ok()).collect();
        let mut done = run();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{in_lanes, try_map};

    #[test]
    fn results_have_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let doubled = try_map(&items, |item| Ok::<_, ()>(item * 2));
        assert_eq!(doubled, Ok(items.iter().map(|item| item * 2).collect()));
        assert_eq!(in_lanes(&[], |_: &mut dyn Iterator<Item = (usize, &u8)>| vec![(0, ())]), []);
    }

    #[test]
    fn the_first_item_that_fails_is_the_one_that_is_told() {
        let (items, begun): (Vec<usize>, _) = ((0..100_000).collect(), AtomicUsize::new(0));
        let failed = try_map(&items, |item| {
            begun.fetch_add(1, Ordering::Relaxed);
            if item % 7 == 3 { Err(*item) } else { Ok(()) }
        });
        assert_eq!(failed, Err(3));
        assert!(begun.into_inner() < items.len(), "it went on after the failure");
    }
}
