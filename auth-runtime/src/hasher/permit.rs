//! The right to hash, and the memory that goes with it (promise FA-02).

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use argon2::{Argon2, Block};
use zeroize::Zeroize;

use super::pool::lock;

/// The right to hash, held by a thread of the [`HashPool`](super::HashPool), with the memory that it hashes in.
///
/// The memory is used again without being wiped: wiping would slow every hash down, and the next hash
/// overwrites it. Until then it could help someone who reads the process's memory to test guesses at the last password,
/// but such a reader sees the passwords of the next requests in plain. It is wiped before it is given back, which
/// happens after a few seconds without work.
pub struct Permit {
    blocks: Vec<Block>,
    memory_kib: u32,
    large_memory: Arc<Mutex<()>>,
}

impl Permit {
    /// For the threads of the pool only.
    pub(super) fn new(memory_kib: u32, large_memory: Arc<Mutex<()>>) -> Self {
        Self {
            blocks: Vec::new(),
            memory_kib,
            large_memory,
        }
    }

    pub(super) fn holds_memory(&self) -> bool {
        !self.blocks.is_empty()
    }

    pub(super) fn argon2(
        &mut self,
        argon2: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        tag: &mut [u8],
    ) -> Result<(), argon2::Error> {
        let needed = argon2.params().block_count();
        if argon2.params().m_cost() > self.memory_kib {
            return self.with_large_memory(|| {
                let mut blocks = Vec::new();
                grow(&mut blocks, needed)?;
                let outcome = argon2.hash_password_into_with_memory(password, salt, tag, &mut blocks);
                blocks.iter_mut().zeroize();
                outcome
            });
        }
        grow(&mut self.blocks, needed)?;
        argon2.hash_password_into_with_memory(password, salt, tag, &mut self.blocks)
    }

    /// Does work that needs more memory than the pool has reckoned with. Only one thread at a time does, so that
    /// hashes of a more generous system cannot multiply with the number of threads.
    pub(super) fn with_large_memory<T>(&self, work: impl FnOnce() -> T) -> T {
        let _alone = lock(&self.large_memory);
        work()
    }

    pub(super) fn release(&mut self) {
        // The blocks in use only: wiping the reserve as well would first make it real.
        self.blocks.iter_mut().zeroize();
        self.blocks = Vec::new();
    }
}

/// Makes room for `needed` blocks.
fn grow(blocks: &mut Vec<Block>, needed: usize) -> Result<(), argon2::Error> {
    // glibc keeps freed pieces of up to 32 MiB, and before 2.38 it could not even use them again where alignment is
    // asked for. Anything larger it maps and unmaps; pages that are never touched cost nothing.
    const ALWAYS_MAPPED: usize = 33 * 1024;
    if needed > blocks.len() {
        blocks
            .try_reserve_exact(needed.max(ALWAYS_MAPPED) - blocks.len())
            .map_err(|_| argon2::Error::OutOfMemory)?;
        blocks.resize(needed, Block::new());
    }
    Ok(())
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fa_02_memory_is_kept_for_the_next_hash_and_given_back_when_released() {
        let params = |memory| argon2::Params::new(memory, 1, 1, Some(32)).unwrap();
        let argon2 = |memory| {
            Argon2::new(
                argon2::Algorithm::Argon2id,
                argon2::Version::V0x13,
                params(memory),
            )
        };
        let mut permit = Permit::new(64, Arc::default());
        let (mut reused, mut fresh) = ([0; 32], [0; 32]);
        for memory in [64, 32, 64, 128] {
            permit
                .argon2(&argon2(memory), b"password", b"salt and pepper", &mut reused)
                .unwrap();
            argon2(memory)
                .hash_password_into(b"password", b"salt and pepper", &mut fresh)
                .unwrap();
            assert_eq!(reused, fresh);
            // More than the pool reckons with is never kept.
            assert_eq!(permit.blocks.len(), 64);
        }
        permit.release();
        assert_eq!(permit.blocks.capacity(), 0);
    }
}
