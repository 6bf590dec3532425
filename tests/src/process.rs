//! Other processes on the database of a test.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::{World, database::TestDatabase};

/// Another process on the database of a test, stopped short of its action. Dropping it kills it.
#[derive(Debug)]
pub struct Worker {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts `program`, which is `env!("CARGO_BIN_EXE_worker")`, and waits until it is ready to let `callers` call
    /// `action` of the users.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start<R: TestDatabase>(
        program: &str,
        world: &World<R>,
        action: &str,
        input: &Value,
        callers: usize,
    ) -> Self {
        Self::start_with(program, world, R::KEY, action, input, callers)
    }

    /// The same with mail that `works` or is `slow`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_with_mail<R: TestDatabase>(
        program: &str,
        world: &World<R>,
        action: &str,
        input: &Value,
        callers: usize,
        post: &str,
    ) -> Self {
        Self::launch(program, world, [R::KEY, post], action, input, callers)
    }

    /// The same for other people than the users: `people` are those of the worker, such as `sqlite watched`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_with<R: TestDatabase>(
        program: &str,
        world: &World<R>,
        people: &str,
        action: &str,
        input: &Value,
        callers: usize,
    ) -> Self {
        Self::launch(program, world, [people, "works"], action, input, callers)
    }

    fn launch<R: TestDatabase>(
        program: &str,
        world: &World<R>,
        [people, post]: [&str; 2],
        action: &str,
        input: &Value,
        callers: usize,
    ) -> Self {
        let mut process = Command::new(program)
            .args([
                people,
                &world.database.url,
                action,
                &input.to_string(),
                &callers.to_string(),
                post,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self {
            process,
            input,
            output,
        }
    }

    /// Lets it run.
    ///
    /// # Panics
    /// When it is gone.
    pub fn go(&mut self) {
        self.input.write_all(b"go\n").unwrap();
    }

    /// Waits until so many calls have come to something, and says to what.
    ///
    /// # Panics
    /// When it ended before.
    pub fn first_outcomes(&mut self, count: usize) -> Vec<String> {
        let lines = self.output.by_ref().lines().take(count);
        let lines: Vec<String> = lines.map(|line| line.unwrap()).collect();
        assert_eq!(lines.len(), count);
        lines
    }

    /// Waits for its end and says what became of each call.
    ///
    /// # Panics
    /// When it failed.
    pub fn outcomes(mut self) -> Vec<String> {
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        assert!(self.process.wait().unwrap().success());
        text.lines().map(str::to_owned).collect()
    }

    /// Ends it at once, as a power failure would.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It has ended already unless the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
