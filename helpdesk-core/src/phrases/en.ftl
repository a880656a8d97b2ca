# The bot's words in English. Keys are listed in `Phrase`.

rules =
    Hello! Your request is open.

    Describe your question in one message, by text or by voice. You may add pictures and files.
    { $answers ->
        [0] A person will answer you.
        [one] I will answer at once. If my answer does not help, I will offer you a person from our support team.
       *[other] I will answer at once and ask whether it helped. If { $answers } answers do not help, I will offer you a person from our support team.
    }

    To talk to a person right away, write “human”.
describe-in-words = Thank you, I have kept it. Please describe the problem by text or by voice, so that I can help.
describe-further = I am sorry that it did not help. Please describe the problem in more detail, by text or by voice.
helped = Did the answer help?
yes = Yes
no = No
offer-exhausted = I am sorry, I cannot help with this. Let us hand your request over to our support team.
offer-no-answer = I do not have an answer to this. Let us hand your request over to our support team.
offer-bot-failed = I cannot answer at the moment. Let us hand your request over to our support team.
offer-voice-not-understood = I could not make out the voice message, but it is kept. You can write your question as text in a new request, or talk to our support team.
ready = Are you ready to talk to our support team?
ready-yes = Yes, connect me
ready-no = No
declined = All right. Please open a new request and describe the problem in other words.
handed-over = Your request is with our support team now. A live person will answer you right here, in this dialog.
solved-by-bot = Glad that I could help! The request is closed.
solved-by-staff = Our support team has closed this request. If anything is left, just open a new one.
expired = Nobody has written here for a while, so the request is closed. You can open a new one at any time.
rate = How would you rate the help?
open-first = You have no open request. Press “New request” to open one.
file-too-large = The file “{ $name }” is larger than { $megabytes } MB, and I cannot fetch it. Please send it in a smaller form or as a link.
sources = From our articles:
new-request = New request
private-only = I help in private chats. Please write to me directly.
command-start = Start
command-new = Open a new request
notice-taken = Got it
notice-stale = This button is no longer in use
notice-request-closed = This request is closed
notice-rated = Thank you for the rating!
