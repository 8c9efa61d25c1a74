//! Pipes that do not fit together: each is refused with one short message that says what to do.

/// The messages are those of the compiler that CI has; another one may word them differently.
#[test]
fn what_does_not_fit_is_refused_with_a_message_that_helps() {
    trybuild::TestCases::new().compile_fail("refused/*.rs");
}
