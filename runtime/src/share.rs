//! Objects that several threads may hold.

use crate::object::{Object, is_object};

/// Marks an object and all that it reaches as shared between threads: from here on their counts are negative and
/// change atomically. What is shared already reaches shared and immortal objects only, so that nothing is marked
/// twice, however often it crosses to other threads.
///
/// # Safety
/// The word is alive, and no other thread has any of the objects that are not shared yet.
pub(crate) unsafe fn share(word: usize) {
    let mut waiting = Vec::new();
    unsafe {
        mark(word, &mut waiting);
        while let Some(object) = waiting.pop() {
            object.each_managed(|word| mark(word, &mut waiting));
        }
    }
}

unsafe fn mark(word: usize, waiting: &mut Vec<Object>) {
    if !is_object(word) {
        return;
    }
    let object = Object::from_word(word);
    unsafe {
        let count = object.count();
        if count <= 0 {
            return;
        }
        object.set_count(-count);
        if object.info().has_managed() {
            waiting.push(object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocate::count_all_freed;
    use crate::array;
    use crate::context::Context;
    use crate::release::{release, retain};
    use crate::string;

    #[test]
    fn everything_that_an_object_reaches_is_shared_once() {
        let mut context = Context::for_test(true);
        let texts = string::new_array(&mut context, &["a", "b"]);
        unsafe {
            let text = Object::from_word(texts.elements().cast::<usize>().read());
            retain(&mut context, text.word());
            retain(&mut context, texts.word());
            share(texts.word());
            assert_eq!((texts.count(), text.count()), (-2, -2));
            share(texts.word());
            assert_eq!((texts.count(), text.count()), (-2, -2));
            release(&mut context, texts.word());
            release(&mut context, text.word());
            assert_eq!((texts.count(), text.count()), (-1, -1));
            release(&mut context, texts.word());
            count_all_freed(&mut context);
            assert_eq!(context.counters.live_objects, 0);
        }
    }

    #[test]
    fn what_only_one_thread_still_holds_is_its_own_again() {
        let mut context = Context::for_test(true);
        let texts = string::new_array(&mut context, &["a"]);
        unsafe {
            share(texts.word());
            assert!(array::claim(texts));
            assert_eq!(texts.count(), 1);
            release(&mut context, texts.word());
        }
        share_nothing();
    }

    /// Neither nothing nor an immediate variant is an object.
    fn share_nothing() {
        unsafe {
            share(0);
            share(3);
        }
    }
}
