"""What a person reads in the mails of the corpus."""

from __future__ import annotations

_TABLE = """
attachment_emails/attachment_content_disposition ¦ testing ¦  ¦ foo@example.com ¦ This is the first part.
attachment_emails/attachment_content_location ¦ testing ¦  ¦ foo@example.com ¦ This is the first part.
attachment_emails/attachment_message_rfc822 ¦ testing ¦  ¦ foo@example.com ¦ This is the first part.
attachment_emails/attachment_message_rfc822_inline_image ¦ test ¦  ¦ test@example.com ¦
attachment_emails/attachment_nonascii_filename ¦ testing ¦  ¦ foo@example.com ¦ This is the first part.
attachment_emails/attachment_only_email ¦ this message JUST contains an attachment ¦ Ryan Finnie ¦ rfinnie@domain.dom ¦
attachment_emails/attachment_pdf ¦ Another PDF with 🎉 Unicode chars in it 🍿 ¦ Test Tester ¦ xxxx@xxxx.com ¦ Just attaching another PDF, here, to see what the message looks like,
attachment_emails/attachment_pdf_lf ¦ Another PDF with 🎉 Unicode chars in it 🍿 ¦ Test Tester ¦ xxxx@xxxx.com ¦ Just attaching another PDF, here, to see what the message looks like,
attachment_emails/attachment_pdf_non_ascii ¦ Another PDF with 🎉 Unicode chars in it 🍿 ¦ Test Tester ¦ xxxx@xxxx.com ¦ Just attaching another PDF, here, to see what the message looks like,
attachment_emails/attachment_pdf_non_ascii_lf ¦ Another PDF with 🎉 Unicode chars in it 🍿 ¦ Test Tester ¦ xxxx@xxxx.com ¦ Just attaching another PDF, here, to see what the message looks like,
attachment_emails/attachment_with_base64_encoded_name ¦ Fwd: Signed email causes file attachments ¦ xxxxxxxxx xxxxxxx ¦ xxxxxxxxx.xxxxxxx@gmail.com ¦ We should not include these files or vcards as attachments.
attachment_emails/attachment_with_encoded_name ¦ Fwd: Signed email causes file attachments ¦ xxxxxxxxx xxxxxxx ¦ xxxxxxxxx.xxxxxxx@gmail.com ¦ We should not include these files or vcards as attachments.
attachment_emails/attachment_with_quoted_filename ¦ Eelanalüüsi päring ¦ Jeffrey Hardy ¦ jeff@37signals.com ¦
attachment_emails/attachment_with_unquoted_name ¦ testing ¦  ¦ foo@example.com ¦ This is the first part.
error_emails/bad_date_header ¦ You may_be Eligible for Legitimate_Cash from_GovAgencies! ¦ Grants-Notification ¦ infoz@reactive-outpost.com ¦
error_emails/bad_date_header2 ¦ 40% OFF holiday patterns and fabric! ¦ Free-Quilting.com ¦ enews@free-quilting.com ¦
error_emails/bad_encoded_subject ¦ TEST ¦  ¦  ¦ TEST
error_emails/bad_subject ¦ MySurvey.com: You have a survey waiting! 91123105 ¦ MySurvey.com & Carol Adams ¦ carol@mysurvey.com ¦ You have a survey waiting!
error_emails/cant_parse_from ¦ Meet the new MacBook Pro family. Now includes 13-inch. ¦ Apple ¦ news@insideapple.apple.com ¦ From one solid piece of aluminum comes a MacBook Pro that's thin and light, beautifully streamlined, and durable.
error_emails/content_transfer_encoding_plain ¦ bookkeeping Get in on IGTS asap. ¦ shavonda Cabral ¦ baocqccyw@hq.lindsayelec.com ¦ acidness
error_emails/content_transfer_encoding_qp_with_space ¦ Low or High Blood Pressure? We can help. ¦ Wilmer Capps ¦ fyouizjnp@swissonline.ch ¦ If you're in need of a good RX site for online purchases, we are your answer.
error_emails/content_transfer_encoding_spam ¦  ¦ neal ragland ¦ shechem@poetrix.com ¦ middagh oldusercompare
error_emails/content_transfer_encoding_text-html ¦ Re: We will help you refinance your home. ¦ chianfong cuthbert ¦ abhijit.862153drinnan@datavalet.com ¦ Hello,
error_emails/content_transfer_encoding_with_8bits ¦ The Original Advantage #e13011 ¦ announcements@provantage.com ¦ announcements@provantage.com ¦ December 04, 2001
error_emails/content_transfer_encoding_with_semi_colon ¦ Attention ¦ Shelby ¦ nsukijamq@morozstudio.tk ¦ Dear Homeowner,
error_emails/content_transfer_encoding_x_uuencode ¦ PGP Comments on RTO West Release of Dec. 14 ¦ Lon L. Peters ¦ lpeters@pacifier.com ¦ Attached are the comments of the Public Generating Pool.
error_emails/empty_group_lists ¦ Western Union Swift Money Transfer ¦ Cecil Edwards ¦ ceciledwards@sbcglobal.net ¦ Attention Beneficiary:
error_emails/empty_in_reply_to ¦ illegal copy of our patient education software ¦ Andrey Kuznetsov ¦ ak@g.com ¦
error_emails/encoding_madness ¦ eBay Bid - 2008 Ford Super Duty F-350 DRW King Ranch Crew Cab 4x4 (156) - Stock# XXXX ¦  ¦ no-reply@crm.el-example.org ¦ Body Text
error_emails/header_fields_with_empty_values ¦ Testmail ¦ Jørn Støylen ¦ jorn@prikkprikkprikk.no ¦ Jørn Støylen -- http://www.prikkprikkprikk.no
error_emails/invalid_subject_characters ¦ Formação FrenetikPolis: Mega Campanha Final Verão | Cursos de Setembro ¦ Formação Frenetikpolis ¦ info@formacaofrenetik.info ¦ TEST
error_emails/missing_body ¦ REDACTED ¦ SCS_2 ¦ redacted@attglobal.net ¦
error_emails/missing_content_disposition ¦ Redacted ¦  ¦ redacted@example.com ¦
error_emails/multiple_content_types ¦ Redacted ¦  ¦ redacted@flashmail.net ¦ foo
error_emails/multiple_invalid_content_dispositions ¦ Redacted ¦  ¦ redacted@flashmail.net ¦ foo
error_emails/multiple_references_with_one_invalid ¦ Redacted ¦  ¦ redacted@flashmail.net ¦ foo
error_emails/new_line_in_to_header ¦ [Online Lead] Online Lead #1111111 ¦  ¦ l@gcn-example.com ¦ <?xml version="1.0" encoding="UTF-8"?>
error_emails/trademark_character_in_subject ¦ GA.comô has a lead for you ¦  ¦ j@yahoo-example.com ¦ Body Text - not important
error_emails/weird_to_header ¦  ¦  ¦ anonymous@i.tp.host ¦ CONTACT:
mime_emails/email_with_similar_boundaries ¦ Xxxxxx ¦ Xxxxx ¦ xxxxxx@xxxxxxxx.xxx ¦ Test
mime_emails/raw_email11 ¦ worse when you use them. ¦ xxxxx@xxxxx ¦ xxxxx@xxxxx ¦ XXXXX Xxxxx
mime_emails/raw_email12 ¦ testing ¦  ¦ foo@example.com ¦ This is the first part.
mime_emails/raw_email2 ¦ Fwd: Signed email causes file attachments ¦ xxxxxxxxx xxxxxxx ¦ xxxxxxxxx.xxxxxxx@gmail.com ¦ We should not include these files or vcards as attachments.
mime_emails/raw_email4 ¦ Filth ¦  ¦ xxx@xxxx.xxx ¦ Some text
mime_emails/raw_email7 ¦ testing ¦  ¦ foo@example.com ¦ This is the first part.
mime_emails/raw_email_encoded_stack_level_too_deep ¦ Nicolas Fouché has accepted your invitation to Gmail ¦ Gmail Team ¦ gmail-noreply@google.com ¦ Nicolas Fouché has accepted your invitation to Gmail and has chosen the
mime_emails/raw_email_with_binary_encoded ¦ Testing outlook ¦ Mikel Lindsaar ¦ email_test@me.nowhere ¦
mime_emails/raw_email_with_illegal_boundary ¦ Testing outlook ¦ Mikel Lindsaar ¦ email_test@me.nowhere ¦ Hello
mime_emails/raw_email_with_mimepart_without_content_type ¦ Warning: could not send message for past 1 day ¦ Mail Delivery Subsystem ¦ mailer-daemon@antivirus.uqam.ca ¦ **********************************************
mime_emails/raw_email_with_multipart_mixed_quoted_boundary ¦ Testing outlook ¦ Mikel Lindsaar ¦ email_test@me.nowhere ¦ Just attaching another PDF, here, to see what the message looks like,
mime_emails/raw_email_with_nested_attachment ¦ Testing attachments ¦ Jamis Buck ¦ jamis@37signals.com ¦ Here is a test of an attachment via email.
mime_emails/raw_email_with_quoted_illegal_boundary ¦ Testing outlook ¦ Mikel Lindsaar ¦ email_test@me.nowhere ¦ Hello
mime_emails/sig_only_email ¦ Re: Testing multipart/signed ¦ Test ¦ test@test.lindsaar.net ¦ This is random text, not what has been signed below, ie, this sig
mime_emails/two_from_in_message ¦ Sending messages include last little bit ¦ Tester 1 ¦ tester1@test.com ¦ When sending email:
multi_charset/japanese ¦ まみむめも ¦ Mikel Lindsaar ¦ raasdnil@gmail.com ¦ かきくえこ
multi_charset/japanese_attachment ¦ testing ¦ Mikel Lindsaar ¦ raasdnil@gmail.com ¦ testing
multi_charset/japanese_attachment_long_name ¦ まみむめもまみむめもまみむめもまみむめもまみむめもまみむめもまみむめもまみむめもまみむめもまみむめも ¦ Mikel Lindsaar ¦ mikel@test.lindsaar.net ¦
multi_charset/japanese_iso_2022 ¦ まみむめも ¦ Mikel Lindsaar ¦ raasdnil@gmail.com ¦ すみません。
multi_charset/japanese_shift_jis ¦ test ¦  ¦ xxxxxxx@docomo.ne.jp ¦ あいうえお
multi_charset/ks_c_5601-1987 ¦ test ¦  ¦ from@example.com ¦ 스티해
multipart_report_emails/multi_address_bounce1 ¦ Undelivered Mail Returned to Sender ¦ Mail Delivery System ¦ mailer-daemon@lvmail01.ll.com ¦ This is the mail system at host lvmail01.LL.com.
multipart_report_emails/multi_address_bounce2 ¦ Undelivered Mail Returned to Sender ¦ Mail Delivery System ¦ mailer-daemon@lvmail01.ll.com ¦ This is the mail system at host lvmail01.LL.com.
multipart_report_emails/multipart_report_multiple_status ¦ Mail System Error - Returned Mail ¦ Mail Administrator ¦ postmaster@ci.com ¦ This Message was undeliverable due to the following reason:
multipart_report_emails/report_422 ¦ Warning: could not send message for past 8 hours ¦ Mail Delivery Subsystem ¦ mailer-daemon@tppppp.com.au ¦ **********************************************
multipart_report_emails/report_530 ¦ Returned mail: see transcript for details ¦ Mail Delivery Subsystem ¦ mailer-daemon@tttttt.com.au ¦ The original message was received at Mon, 24 Dec 2007 10:03:47 +1100
plain_emails/basic_email ¦ Testing 123 ¦ Mikel Lindsaar ¦ test@lindsaar.net ¦ Plain email.
plain_emails/basic_email_lf ¦ Testing 123 ¦ Mikel Lindsaar ¦ test@lindsaar.net ¦ Plain email.
plain_emails/mix_caps_content_type ¦ undef method parameter bug ¦ Big Bug ¦ bb@bug.com ¦ foo bar
plain_emails/raw_email ¦ NOTE: 한국말로 하는 것 ¦ Jamis Buck ¦ jamis@37signals.com ¦ 대부분의 마찬가지로, 우리는 하나님을 믿습니다.
plain_emails/raw_email10 ¦  ¦  ¦ xxx@xxxx.xxx ¦ Test test. Hi. Waving. m
plain_emails/raw_email5 ¦  ¦  ¦ xxx@xxxx.xxx ¦ Test test. Hi. Waving. m
plain_emails/raw_email6 ¦  ¦  ¦ xxx@xxxx.xxx ¦ Test test. Hi. Waving. m
plain_emails/raw_email8 ¦ Fwd: Signed email causes file attachments ¦ xxxxxxxxx xxxxxxx ¦ xxxxxxxxx.xxxxxxx@gmail.com ¦ We should not include these files or vcards as attachments.
plain_emails/raw_email_bad_time ¦ [0]: XXXXXXX XXXXX XXXXX ! ¦ Атиковa ¦ yusuf75thu@auracom.net ¦ Filter2: This message has been scanned for viruses and
plain_emails/raw_email_double_at_in_header ¦ NOTE: 한국말로 하는 것 ¦ Jamis Buck ¦ jamis@37signals.com ¦ 대부분의 마찬가지로, 우리는 하나님을 믿습니다.
plain_emails/raw_email_incorrect_header ¦ Stop adware/spyware once and for all. ¦ xxx xxx ¦ xxx@xxx.xxx ¦ You are infected with:
plain_emails/raw_email_multiple_from ¦ /home/svn/public/minebox revision 214 ¦  ¦ tim@powerupdev.com ¦ recordkick 2007-10-22 23:45:23 +0000 (Mon, 22 Oct 2007)
plain_emails/raw_email_quoted_with_0d0a ¦ testing ¦  ¦ foo@example.com ¦ A fax has arrived from remote ID ''.
plain_emails/raw_email_reply ¦ Re: Test reply email ¦ Testing ¦ xxxxxxxx@xxx.org ¦ Message body
plain_emails/raw_email_simple ¦ Testing outlook ¦ Mikel Lindsaar ¦ mikel@nowhere.com ¦ Hello Mikel
plain_emails/raw_email_string_in_date_field ¦ NOTE: 한국말로 하는 것 ¦  ¦ mikel@me.com ¦ 대부분의 마찬가지로, 우리는 하나님을 믿습니다.
plain_emails/raw_email_trailing_dot ¦ [skynet-help][60666] How are intermediate files handled in SkyNet? ¦ Sandy M. ¦ noreply@rubyforge.org ¦ Testing, testing, 123.
plain_emails/raw_email_with_at_display_name ¦ Testing 123 ¦ Mikel Lindsaar ¦ test@lindsaar.net ¦ Plain email.
plain_emails/raw_email_with_bad_date ¦ Microsoft Vlsta & Office2007, Just released for 79$ Save 1599.95$ 0ff Retai| ¦ Darrell Shaw ¦ subventive@vodtravel.com ¦ hotnewsoft . com
plain_emails/raw_email_with_partially_quoted_subject ¦ Re: Test: "漢字" mid "漢字" tail ¦ Jamis Buck ¦ jamis@37signals.com ¦ 대부분의 마찬가지로, 우리는 하나님을 믿습니다.
rfc2822/example01 ¦ Saying Hello ¦ John Doe ¦ jdoe@machine.example ¦ This is a message just to say hello.
rfc2822/example02 ¦ Saying Hello ¦ John Doe ¦ jdoe@machine.example ¦ This is a message just to say hello.
rfc2822/example03 ¦  ¦ Joe Q. Public ¦ john.q.public@example.com ¦ Hi everyone.
rfc2822/example04 ¦  ¦ Pete ¦ pete@silly.example ¦ Testing.
rfc2822/example05 ¦ Saying Hello ¦ John Doe ¦ jdoe@machine.example ¦ This is a message just to say hello.
rfc2822/example06 ¦ Re: Saying Hello ¦ Mary Smith ¦ mary@example.net ¦ This is a reply to your hello.
rfc2822/example07 ¦ Re: Saying Hello ¦ John Doe ¦ jdoe@machine.example ¦ This is a reply to your reply.
rfc2822/example08 ¦ Saying Hello ¦ John Doe ¦ jdoe@machine.example ¦ This is a message just to say hello.
rfc2822/example09 ¦ Saying Hello ¦ John Doe ¦ jdoe@machine.example ¦ This is a message just to say hello.
rfc2822/example10 ¦  ¦ Pete ¦ pete@silly.test ¦ Testing.
rfc2822/example11 ¦  ¦ Joe Q. Public ¦ john.q.public@example.com ¦ Hi everyone.
rfc2822/example12 ¦ Saying Hello ¦ John Doe ¦ jdoe@machine.example ¦ This is a message just to say hello.
rfc2822/example13 ¦ Saying Hello ¦ John Doe ¦ jdoe@machine.example ¦ This is a message just to say hello.
rfc2822/example14 ¦ Re: TEST テストテスト ¦ Atsushi Yoshida ¦ atsushi@example.com ¦ Hello
rfc6532/utf8_headers ¦ Säying Hello ¦ Jöhn Doe ¦ jdöe@mächine.example ¦ body
"""  # noqa: E501

EXPECTED = [tuple(field.strip() for field in line.split("¦")) for line in _TABLE.strip().splitlines()]
"""File without its extension, subject, the sender's name and address, the text's first line."""
