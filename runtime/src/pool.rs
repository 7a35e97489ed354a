//! The threads that help the program's own one, and the work that they take over.
//!
//! Work comes in jobs: a closure that is called with every number below a count. Whoever starts a job takes part in
//! it, and while it waits for the numbers that others have taken it helps with jobs that were started within its own,
//! so that a stack gets as deep as it would without threads. Waiting never ends in a circle: a thread waits for
//! numbers that others took after its job began.

use std::env;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::allocate::count_all_freed;
use crate::console::Console;
use crate::context::{Arguments, Context};
use crate::depot::Depot;
use crate::parallel::{Job, run_task};
use crate::stack::Stack;
use crate::stats::Counters;

/// More threads than this are not asked for.
const THREADS_MAX: usize = 256;
/// The stack on which a thread starts. Kea code runs on another one.
const START_BYTES: usize = 1 << 17;

/// The threads of a program and what they share.
pub(crate) struct Pool {
    /// Free cells of contexts that rest.
    pub(crate) depot: Depot,
    state: Mutex<State>,
    /// A job began or ended, or a thread has nothing to do any more.
    changed: Condvar,
    account: Mutex<Account>,
    /// Whether a thread ends the program.
    ending: AtomicBool,
}

#[derive(Default)]
struct State {
    /// In the order in which they were started.
    jobs: Vec<OpenJob>,
    threads: Vec<JoinHandle<()>>,
    /// How many of the threads have work.
    busy: usize,
    stopping: bool,
}

/// A job that has not ended.
struct OpenJob {
    job: *const Job,
    /// The first number that nobody has taken.
    next: usize,
    /// How many are being worked on.
    running: usize,
}

// SAFETY: a job outlives its place in the state, and all of it may be read by any thread.
unsafe impl Send for OpenJob {}

/// What the program's own thread leaves here while others run, so that whoever has to end the program finds it.
#[derive(Default)]
struct Account {
    /// Whether something was left here.
    held: bool,
    console: Console,
    counters: Counters,
    reuse_hits: u64,
    /// The live bytes when it was left here.
    base_bytes: i64,
    /// By how much live bytes have grown at most: the sum over the threads.
    growth_bytes: i64,
}

impl Pool {
    /// Starts the threads that the environment asks for: with the program's own, as many as can run at once.
    pub(crate) fn start(context: &Context) -> Arc<Pool> {
        let pool = Arc::new(Pool {
            depot: Depot::new(),
            state: Mutex::default(),
            changed: Condvar::new(),
            account: Mutex::default(),
            ending: AtomicBool::new(false),
        });
        let threads: Vec<_> = (1..jobs_asked()).map_while(|_| start_thread(&pool, context)).collect();
        pool.state().threads = threads;
        pool
    }

    /// Ends the threads, which have nothing to do.
    pub(crate) fn stop(&self) {
        let threads = {
            let mut state = self.state();
            state.stopping = true;
            mem::take(&mut state.threads)
        };
        self.changed.notify_all();
        for thread in threads {
            // Kea code does not unwind, so that a thread always ends normally.
            let _ = thread.join();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is any thread but the program's own.
    pub(crate) fn has_threads(&self) -> bool {
        !self.state().threads.is_empty()
    }

    /// Works on a job until all its results are there.
    ///
    /// # Safety
    /// What the job's closure reaches is shared, and `context` is that of this thread.
    pub(crate) unsafe fn work(&self, context: *mut Context, job: &Job) {
        // SAFETY: nothing else uses the context during these calls.
        let outermost = unsafe { self.lend(&mut *context) };
        let mut state = self.state();
        state.jobs.push(OpenJob { job, next: 0, running: 0 });
        self.changed.notify_all();
        loop {
            if let Some((taken, number)) = state.take(|other| other.is_within(job)) {
                drop(state);
                unsafe { run_task(context, taken, number) };
                state = self.state();
                self.give_back(&mut state, taken);
            } else if state.has(job) {
                state = self.wait(state);
            } else {
                break;
            }
        }
        if outermost {
            while state.busy > 0 {
                state = self.wait(state);
            }
            drop(state);
            unsafe { self.reclaim(&mut *context) };
        }
    }

    /// Notes that a number of a job is done.
    fn give_back(&self, state: &mut State, job: *const Job) {
        if state.give_back(job) {
            self.changed.notify_all();
        }
    }

    /// Works on whatever there is until the program ends.
    ///
    /// # Safety
    /// `context` is that of this thread.
    unsafe fn serve(&self, context: *mut Context) {
        let mut state = self.state();
        let mut busy = false;
        while !state.stopping {
            if let Some((job, number)) = state.take(|_| true) {
                state.busy += usize::from(!busy);
                busy = true;
                drop(state);
                unsafe { run_task(context, job, number) };
                state = self.state();
                self.give_back(&mut state, job);
            } else if busy {
                busy = false;
                drop(state);
                // SAFETY: nothing else uses the context while the thread is here.
                unsafe { self.settle(&mut *context) };
                state = self.state();
                state.busy -= 1;
                self.changed.notify_all();
            } else {
                state = self.wait(state);
            }
        }
    }

    /// Leaves here what belongs to the program, unless that was done before; whether it was left now.
    fn lend(&self, context: &mut Context) -> bool {
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        if account.held {
            return false;
        }
        count_all_freed(context);
        let counters = mem::take(&mut context.counters);
        *account = Account {
            held: true,
            console: mem::take(&mut context.console),
            base_bytes: counters.live_bytes,
            counters,
            reuse_hits: mem::take(&mut context.reuse_hits),
            growth_bytes: 0,
        };
        drop(account);
        self.depot.fill(context);
        true
    }

    /// Adds what a thread has counted before it rests, and gives up its free cells.
    fn settle(&self, context: &mut Context) {
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.add(context);
        drop(account);
        self.depot.fill(context);
    }

    /// Takes back what was left here, with all that was counted since. Whoever ends the program does so at any time,
    /// even in a signal's handler: it does without where the account cannot be had.
    fn reclaim(&self, context: &mut Context) {
        for _ in 0..ATTEMPTS {
            if let Ok(mut account) = self.account.try_lock() {
                account.close(context);
                return;
            }
            thread::yield_now();
        }
    }

    /// Makes this the thread that ends the program. Does not come back when there is one already.
    pub(crate) fn end(&self, context: &mut Context) {
        if self.ending.swap(true, Ordering::AcqRel) {
            loop {
                // SAFETY: waiting for a signal has no conditions.
                unsafe { libc::pause() };
            }
        }
        self.reclaim(context);
    }
}

/// How often the account is asked for, which nobody holds for long.
const ATTEMPTS: usize = 10_000;

impl State {
    /// Takes the next number of the first job that fits.
    fn take(&mut self, fits: impl Fn(&Job) -> bool) -> Option<(*const Job, usize)> {
        // SAFETY: jobs outlive their places here.
        let open = self.jobs.iter_mut().find(|open| unsafe { open.next < (*open.job).count && fits(&*open.job) })?;
        let number = open.next;
        open.next += 1;
        open.running += 1;
        Some((open.job, number))
    }

    /// Notes that a number is done; whether the job has ended with it.
    fn give_back(&mut self, job: *const Job) -> bool {
        let Some(index) = self.jobs.iter().position(|open| ptr::eq(open.job, job)) else { return false };
        let open = &mut self.jobs[index];
        open.running -= 1;
        // SAFETY: jobs outlive their places here.
        let ended = open.running == 0 && open.next == unsafe { (*job).count };
        if ended {
            self.jobs.remove(index);
        }
        ended
    }

    fn has(&self, job: &Job) -> bool {
        self.jobs.iter().any(|open| ptr::eq(open.job, job))
    }
}

impl Account {
    fn add(&mut self, context: &mut Context) {
        count_all_freed(context);
        let counters = mem::take(&mut context.counters);
        self.growth_bytes += counters.peak_bytes;
        self.counters.add(&counters);
        self.reuse_hits += mem::take(&mut context.reuse_hits);
    }

    fn close(&mut self, context: &mut Context) {
        if !self.held {
            return;
        }
        self.add(context);
        let Account { console, mut counters, reuse_hits, base_bytes, growth_bytes, .. } = mem::take(self);
        counters.peak_bytes = counters.peak_bytes.max(base_bytes + growth_bytes);
        context.console = console;
        context.counters = counters;
        context.reuse_hits = reuse_hits;
    }
}

/// How many threads the environment asks for, the program's own included.
fn jobs_asked() -> usize {
    let asked = env::var("KEA_JOBS").ok().and_then(|value| value.parse::<usize>().ok());
    let jobs = asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    jobs.clamp(1, THREADS_MAX)
}

/// A thread with a context and a stack of its own, as large as that of the program: what does not overflow there
/// does not overflow here.
fn start_thread(pool: &Arc<Pool>, context: &Context) -> Option<JoinHandle<()>> {
    let stack = Stack::map_exactly(context.stack.size())?;
    let (pool, reports) = (pool.clone(), context.reports.clone());
    let run = move || {
        let mut context = Box::new(Context::new(reports, Arguments::NONE));
        context.pool = Some(pool);
        stack.run(&mut context, serve);
    };
    thread::Builder::new().stack_size(START_BYTES).spawn(run).ok()
}

/// The entry of a thread on its own stack.
unsafe extern "C" fn serve(context: *mut Context) -> i64 {
    // SAFETY: the context is that of this thread; the pool outlives it there.
    unsafe {
        if let Some(pool) = (*context).pool.clone() {
            pool.serve(context);
        }
    }
    0
}
