//! Calls of a closure with many numbers, on the threads of the pool.

use std::ptr;
use std::sync::Arc;

use crate::array;
use crate::context::Context;
use crate::object::{Info, Object};
use crate::pool::Pool;
use crate::share::share;
use crate::stack::Bounds;
use crate::trace::frame_address;

/// The function by which generated code has its closures called: it loads the context and gives what the closure
/// gives, a managed word.
pub type Task = unsafe extern "C" fn(context: *mut Context, closure: Object, number: i64) -> usize;

/// A closure that is to be called with every number below a count. It lies in the frame of who started it.
pub(crate) struct Job {
    closure: Object,
    task: Task,
    pub(crate) count: usize,
    /// Where the results go.
    results: *mut usize,
    /// Where it was started.
    pub(crate) origin: Origin,
}

/// The frame of the function that started a job, and the piece of a stack that it lies in.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) frame: usize,
    pub(crate) bounds: Bounds,
    pub(crate) segment: *const Segment,
}

/// A piece of a stack: the frames of a call with one number, which ends where the runtime makes that call.
pub(crate) struct Segment {
    end: usize,
    job: *const Job,
    outer: *const Segment,
}

impl Job {
    /// Whether this job is the other one, or was started within it.
    pub(crate) fn is_within(&self, other: &Job) -> bool {
        let mut job: *const Job = self;
        while !ptr::eq(job, other) {
            // SAFETY: a job outlives what is started within it, and so does the segment that it is started in.
            unsafe {
                let segment = (*job).origin.segment;
                if segment.is_null() {
                    return false;
                }
                job = (*segment).job;
            }
        }
        true
    }
}

impl Segment {
    /// Where the job was started that the frames of this segment belong to.
    pub(crate) fn origin(&self) -> Origin {
        // SAFETY: a job outlives the calls with its numbers.
        unsafe { (*self.job).origin }
    }
}

impl Origin {
    /// A frame of the code that runs in a context.
    pub(crate) fn of(context: &Context, frame: usize) -> Origin {
        // SAFETY: the segment, where there is one, is in a frame of the runtime further up the stack.
        let bounds = match unsafe { context.segment.as_ref() } {
            Some(segment) => context.stack.below(segment.end),
            None => context.stack,
        };
        Origin { frame, bounds, segment: context.segment }
    }
}

/// Calls a job's closure with a number and keeps the result.
///
/// # Safety
/// `context` is that of this thread, the job has not ended, and nobody else has taken the number.
#[inline(never)]
pub(crate) unsafe fn run_task(context: *mut Context, job: *const Job, number: usize) {
    unsafe {
        let segment = Segment { end: frame_address(), job, outer: (*context).segment };
        (*context).segment = &raw const segment;
        let word = ((*job).task)(context, (*job).closure, number as i64);
        (*context).segment = segment.outer;
        // What the result reaches is shared, or was built by this call, of which nothing else is left: it goes over
        // to who started the job as it is.
        (*job).results.add(number).write(word);
    }
}

/// Calls a closure with every number from 0 below `count` and gives the array of the results. The calls run on any
/// threads in any order; a count that is not positive gives no results.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_parallel(context: &mut Context, closure: Object, count: i64, task: Task) -> Object {
    let count = usize::try_from(count).unwrap_or(0);
    let results = array::new(context, Info::WORDS, count);
    let origin = Origin::of(context, frame_address());
    let pool = (count > 1).then(|| pool(context)).filter(|pool| pool.has_threads());
    let context: *mut Context = context;
    // SAFETY: the array has room for the results and is nobody else's; the pool outlives the call.
    unsafe {
        let job = Job { closure, task, count, results: results.elements().cast(), origin };
        match pool {
            Some(pool) => {
                share(closure.word());
                pool.work(context, &job);
            }
            None => (0..count).for_each(|number| run_task(context, &raw const job, number)),
        }
        results.set_length(count);
    }
    results
}

/// The threads of the program, started when they are first needed.
fn pool(context: &mut Context) -> Arc<Pool> {
    if let Some(pool) = &context.pool {
        return pool.clone();
    }
    let pool = Pool::start(context);
    context.pool = Some(pool.clone());
    pool
}
