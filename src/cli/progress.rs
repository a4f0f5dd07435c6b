//! A progress bar on standard error; silent when that is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for `total` steps that says what it is doing.
#[expect(clippy::expect_used, reason = "the template is a constant, and a test draws it")]
pub(super) fn bar(total: usize, doing: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:32} {pos}/{len} {wide_msg}").expect("a valid template");
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    bar.set_prefix(doing);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A bar for work whose size is only known once it has begun.
#[expect(clippy::expect_used, reason = "the template is a constant, and a test draws it")]
pub(super) fn share(doing: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:32} {percent} %").expect("a valid template");
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    bar.set_prefix(doing);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Shows how far such work is.
pub(super) fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done.min(total));
}

/// A sign of life for work of unknown length.
pub(super) fn spinner(doing: &'static str) -> ProgressBar {
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    spinner.set_message(doing);
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bar_can_be_drawn() {
        let bar = super::bar(3, "Testing");
        bar.inc(1);
        bar.finish_and_clear();
        let share = super::share("Testing");
        super::show(&share, 3, 2);
        share.finish_and_clear();
    }
}
