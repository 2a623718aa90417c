//! Where mail goes, by what was found out about its sender.

use event::{Check, CheckedBy, Line, Verification};
use projections::Place;

use super::world::World;

/// What is surely from whom it says waits for support, the rest for sales.
const APPLICATION: &str = r#"
start = "arrival"
[action.arrival]
do = "wait for e-mail"
exit.mail = "known"
[action.known]
do = "check e-mail"
dmarc = ["pass", "none"]
dkim = ["pass"]
exit.match = "support"
exit.otherwise = "sales"
exit.error = "sales"
[action.support]
do = "queue"
queue = "support"
exit.queued = "finish"
[action.sales]
do = "queue"
queue = "sales"
exit.queued = "finish"
[action.finish]
do = "end"
"#;

#[test]
fn mail_goes_by_what_was_found_out_about_its_sender() {
    let mut world = World::with(APPLICATION, Vec::new());
    for (dmarc, dkim, expected) in [
        (Check::Pass, Check::Pass, "support"),
        (Check::None, Check::Pass, "support"),
        (Check::Fail, Check::Pass, "sales"),
        (Check::Pass, Check::None, "sales"),
        (Check::NotChecked, Check::NotChecked, "sales"),
    ] {
        let number = u32::try_from(world.log.len()).unwrap();
        let by = if dmarc == Check::NotChecked { CheckedBy::Nobody } else { CheckedBy::Server };
        let contact = world.arrive_with(number, "jo@customer.test", |mail| {
            mail.sender.verification = Verification { dmarc, dkim, by, ..Default::default() };
        });
        let place = &world.state.hot().contacts.get(contact).unwrap().place;
        let Place::Waiting { line: Line::Queue(queue), .. } = place else { panic!("{place:?}") };
        assert_eq!(queue.as_str(), expected, "{dmarc} {dkim}");
    }
}
