//! Prompts at a later time.

use super::tool::NoInput;
use crate::wire::message::ScheduledPrompt;

tool! {
    /// Schedules a prompt.
    pub enum CronCreate = "CronCreate": CronCreateInput -> ScheduledPrompt;
}

tool! {
    /// Removes a scheduled prompt.
    pub enum CronDelete = "CronDelete": CronDeleteInput -> CronDeleteOutput;
}

tool! {
    /// Lists the scheduled prompts.
    pub enum CronList = "CronList": NoInput -> CronListOutput;
}

object! {
    /// The input of `CronCreate` (CLI 2.1.332).
    pub struct CronCreateInput {
        /// When: minute, hour, day of the month, month, day of the week.
        pub cron: String = "cron" v2_1_332,
        /// The prompt.
        pub prompt: String = "prompt" v2_1_332,
        /// False if it runs once; it repeats if absent.
        pub recurring: Option<bool> = "recurring" v2_1_332,
        /// True if it outlives the session.
        pub durable: Option<bool> = "durable" declared,
    }
}

object! {
    /// The input of `CronDelete` (CLI 2.1.332).
    pub struct CronDeleteInput {
        /// The prompt.
        pub id: String = "id" v2_1_332,
    }
}

object! {
    /// The output of `CronDelete` (CLI 2.1.332).
    pub struct CronDeleteOutput {
        /// The prompt.
        pub id: String = "id" v2_1_332,
        /// True if a loop ended with it.
        pub ended_loop_wakeup: Option<bool> = "endedLoopWakeup" declared,
    }
}

object! {
    /// The output of `CronList` (CLI 2.1.332).
    pub struct CronListOutput {
        /// The prompts.
        pub jobs: Vec<CronJob> = "jobs" required v2_1_332,
    }
}

object! {
    /// A scheduled prompt in the list of all (an item of `jobs`, CLI 2.1.332).
    pub struct CronJob {
        /// Identifies it.
        pub id: String = "id" v2_1_332,
        /// When it runs, as in the input of `CronCreate`.
        pub cron: String = "cron" v2_1_332,
        /// The same in words.
        pub human_schedule: String = "humanSchedule" v2_1_332,
        /// The prompt.
        pub prompt: String = "prompt" v2_1_332,
        /// True if it repeats.
        pub recurring: Option<bool> = "recurring" v2_1_332,
        /// True if it outlives the session.
        pub durable: Option<bool> = "durable" v2_1_332,
        /// When it runs next, in milliseconds since 1970.
        pub next_fire_at: Option<f64> = "nextFireAt" v2_1_332,
    }
}
