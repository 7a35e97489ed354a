//! The least library that a program can be loaded with.

/// Its files.
pub(super) const FILES: &[(&str, &str)] = &[
    (
        "prelude.kea",
        "@intrinsic(\"kea_panic\")\npub fn panic(message: String) -> Never\n\npub fn todo(message: String) -> Never\n  panic(message)\n",
    ),
    (
        "option.kea",
        "pub enum Option a\n  None\n  Some(a)\n\npub fn is_some(option: Option a) -> Bool\n  case option\n    Some(_) -> true\n    None -> false\n",
    ),
    ("result.kea", "pub enum Result a e\n  Ok(a)\n  Err(e)\n"),
    (
        "list.kea",
        "pub enum List a\n  Nil\n  Cons(a, List a)\n\n\
         pub fn append(left: List a, right: List a) -> List a\n  left\n\n\
         pub fn length(items: List a) -> Int\n  count(items, 0)\n\n\
         fn count(items: List a, known: Int) -> Int\n  known\n\n\
         pub fn map(items: List a, f: fn(a) -[e]> b) -[e]> List b\n  []\n\n\
         List a as Show where a: Show\n  fn show(self: List a) -> String\n    \"\"\n\n\
         List a as Eq where a: Eq\n  fn eq(left: List a, right: List a) -> Bool\n    true\n",
    ),
    (
        "order.kea",
        "pub enum Ordering\n  Less\n  Equal\n  Greater\n\nOrdering as Eq\n  fn eq(left: Ordering, right: Ordering) -> Bool\n    true\n",
    ),
    ("bool.kea", ""),
    (
        "int.kea",
        "pub fn abs(n: Int) -> Int\n  n\n\nInt as Show\n  fn show(self: Int) -> String\n    \"\"\n\nInt as Eq\n  fn eq(left: Int, right: Int) -> Bool\n    left == right\n",
    ),
    ("uint8.kea", ""),
    ("float.kea", ""),
    ("char.kea", ""),
    (
        "string.kea",
        "@intrinsic(\"array_length\")\npub fn length(text: String) -> Int\n\nString as Show\n  fn show(self: String) -> String\n    self\n",
    ),
    ("bytes.kea", "pub struct Bytes\n  elements: Vector UInt8\n"),
    ("vector.kea", "pub fn append(left: Vector a, right: Vector a) -> Vector a\n  left\n"),
    ("map.kea", "pub struct Map k v\n  entries: List (k, v)\n"),
    ("set.kea", "pub struct Set a\n  entries: List a\n"),
    ("show.kea", "use Test\n\npub trait Show\n  fn show(self: Self) -> String\n"),
    ("eq.kea", "pub trait Eq\n  fn eq(left: Self, right: Self) -> Bool\n"),
    ("ord.kea", "pub trait Ord where Self: Eq\n  fn compare(left: Self, right: Self) -> Ordering\n"),
    ("hash.kea", "pub trait Hash\n  fn hash(self: Self) -> Int\n"),
    ("default.kea", "pub trait Default\n  fn default() -> Self\n"),
    ("fail.kea", "pub effect Fail e\n  fn fail(error: e) -> Never\n"),
    (
        "io.kea",
        "@intrinsic(\"kea_exit_with_failure\")\npub fn exit_with_failure(message: String) -[IO]> Never\n\n@intrinsic(\"kea_println\")\npub fn println(text: String) -[IO]> Unit\n",
    ),
    (
        "test.kea",
        "pub effect Test\n  fn failed(message: String) -> Never\n\n\
         pub fn assert_eq(left: a, right: a) -[Test]> Unit where a: Eq, a: Show\n  ()\n\n\
         pub fn run_case(name: String, body: fn() -[Clock, IO, Process, Rand, Test, Fail e]> Unit) -[Clock, IO, Process, Rand]> Bool where e: Show\n  true\n\n\
         pub fn run_all(cases: List (fn() -[Clock, IO, Process, Rand]> Bool)) -[Clock, IO, Process, Rand]> Int\n  0\n",
    ),
    (
        "sorted_map.kea",
        "pub struct SortedMap k v\n  root: List (k, v)\n\npub fn size(map: SortedMap k v) -> Int\n  0\n\npub fn empty() -> SortedMap k v\n  SortedMap { root: [] }\n",
    ),
];
