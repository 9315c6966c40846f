//! How much of something each caller has, of those that have any, and all have together.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How much there may be at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtOnce {
    pub per_caller: usize,
    pub in_all: usize,
}

impl AtOnce {
    pub const ANY: Self = Self { per_caller: usize::MAX, in_all: usize::MAX };
}

#[derive(Default)]
pub struct Shares {
    /// By the caller's scope; nobody that has nothing.
    of: Mutex<HashMap<String, usize>>,
    all: AtomicUsize,
}

/// What one has of its share, until it is dropped.
pub struct Share {
    of: Arc<Shares>,
    scope: String,
    size: usize,
}

impl Shares {
    pub fn of(&self, scope: &str) -> usize {
        self.of.lock().unwrap_or_else(PoisonError::into_inner).get(scope).copied().unwrap_or(0)
    }

    pub fn all(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }

    /// `None`: it, or all together, would have more than may be.
    pub fn take(self: &Arc<Self>, scope: &str, size: usize, most: AtOnce) -> Option<Share> {
        let mut shares = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let own = shares.get(scope).copied().unwrap_or(0).checked_add(size).filter(|own| *own <= most.per_caller)?;
        self.all().checked_add(size).filter(|all| *all <= most.in_all)?;
        shares.insert(scope.to_owned(), own);
        self.all.fetch_add(size, Ordering::Relaxed);
        Some(Share { of: self.clone(), scope: scope.to_owned(), size })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut shares = self.of.of.lock().unwrap_or_else(PoisonError::into_inner);
        self.of.all.fetch_sub(self.size, Ordering::Relaxed);
        match shares.get_mut(&self.scope) {
            Some(own) if *own > self.size => *own -= self.size,
            _ => drop(shares.remove(&self.scope)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_much_and_all_together_so_much_and_nothing_is_kept_of_who_has_nothing() {
        let shares = Arc::new(Shares::default());
        let most = AtOnce { per_caller: 10, in_all: 12 };
        let take = |scope: &str, size: usize| shares.take(scope, size, most);
        let (first, second) = (take("ana", 3), take("ana", 7));
        assert!(first.is_some() && second.is_some());
        assert!(take("ana", 1).is_none() && take("ben", 3).is_none());
        let third = take("ben", 2);
        assert!(third.is_some());
        drop(first);
        assert_eq!((shares.of("ana"), shares.of("ben"), shares.all()), (7, 2, 9));
        drop((second, third));
        assert!(shares.of.lock().unwrap().is_empty() && shares.all() == 0);
    }
}
