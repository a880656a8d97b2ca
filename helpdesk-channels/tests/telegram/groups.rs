//! Groups and channels: the bot says where it helps, and takes nothing from there.

use crate::rig::Rig;

#[tokio::test]
async fn a_group_is_told_once_and_never_becomes_a_session() {
    let rig = Rig::start().await;
    // The name is needed to know who is spoken to.
    rig.telegram.wait_for_calls("getMe", 1).await;
    let anna = rig.telegram.user("Anna", "en");
    let group = rig.telegram.group("Neighbours");
    group.wait_for_text("I help in private chats").await;
    anna.say_in(&group, "/new");
    anna.say_in(&group, "@helpdesk_test_bot help!");
    anna.say_in(&group, "just talking");
    group.remove_bot();
    group.add_bot();
    rig.telegram.wait_until_confirmed().await;

    // A private dialog afterwards proves that nothing of the group is still on its way.
    anna.start();
    anna.wait_for_text("Your request is open").await;
    assert_eq!(group.screen().iter().filter(|message| message.from_bot).count(), 1);
    assert_eq!(rig.sessions().await.len(), 1);
    assert!(rig.customers_messages().await.is_empty());
    rig.stop().await;
}

#[tokio::test]
async fn a_supergroup_is_told_in_the_language_of_the_one_who_speaks() {
    let rig = Rig::start().await;
    rig.telegram.wait_for_calls("setMyCommands", 3).await;
    rig.telegram.hold_updates();
    let group = rig.telegram.supergroup("Соседи");
    rig.telegram.rearrange_updates(Vec::clear);
    rig.telegram.release_updates();
    let anna = rig.telegram.user("Анна", "ru");
    anna.say_in(&group, "просто разговор");
    anna.say_in(&group, "эй, @helpdesk_test_bot, помоги");
    group.wait_for_text("Я помогаю в личных сообщениях").await;
    assert!(rig.sessions().await.is_empty());
    rig.stop().await;
}

#[tokio::test]
async fn a_group_that_moves_is_no_trouble() {
    let rig = Rig::start().await;
    let group = rig.telegram.group("Neighbours");
    group.wait_for_text("I help in private chats").await;
    group.migrate();
    rig.telegram.wait_until_confirmed().await;
    let anna = rig.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    rig.stop().await;
}

#[tokio::test]
async fn a_channel_is_told_when_the_bot_is_added_and_its_posts_are_not_read() {
    let rig = Rig::start().await;
    let channel = rig.telegram.channel("News");
    channel.post("/new something to read");
    let anna = rig.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    rig.telegram.wait_for_calls("sendMessage", 2).await;
    let told = channel.screen().into_iter().filter(|message| message.from_bot).count();
    assert_eq!((told, rig.sessions().await.len()), (1, 1));
    rig.stop().await;
}
