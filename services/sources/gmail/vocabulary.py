"""The words with which mail programs introduce, forward and sign, as regular expressions, a language a line.

All are used with IGNORECASE. Order does not matter.
"""

from __future__ import annotations


def any_of(*phrases: str) -> str:
    """One group of alternatives."""
    return f"(?:{'|'.join(phrases)})"


ATTRIBUTION_VERBS = any_of(
    "wrote|writes",
    "schrieb|schrieben|geschrieben",
    "a écrit|écrit",
    "escribió|escreveu",
    "ha scritto|scrisse",
    "schreef|skrev|kirjoitti",
    r"napsala?|napsal\(a\)|napisała?|napisał\(a\)",
    "пишет|написала?|пише",
    "yazdı|írta|a scris|đã viết",
)
ASIAN_ATTRIBUTIONS = any_of("写道|寫道|写到", "のメール|[はが]書きました")
KOREAN_ATTRIBUTIONS = any_of(
    "작성(?:함|하였습니다|했습니다|하셨습니다|한 (?:글|메일|메시지))?",
    r"(?:쓴|쓰신|보낸|보내신)\s?(?:글|메일|메시지|내용)",
    "썼습니다|쓰셨습니다|적었습니다|님의 말|님 말씀",
)
ATTRIBUTION_OPENINGS = any_of(
    "On|At|In a message dated",
    "Am|Le|El|Il|Op|Em|Den|Dne|Dnia|W dniu|Pada|Vào",
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mo|Di|Mi|Do|Fr|Sa|So)[a-z]*[,.]",
    r"20\d\d|19\d\d|\d{1,2}[./-]",
)

SEPARATOR_TITLES = any_of(
    "original[ -]?(?:message|e-?mail|appointment)|(?:reply|previous) message",
    "forwarded (?:message|e-?mail)(?: by.*)?|forwarded by .*",
    r"원본\s?(?:메시지|메세지|메일|내용)|원문\s?(?:메시지|메일)?|이전 메일|답장한 메일",
    r"전달된?\s?(?:메시지|메세지|메일)|받은\s?(?:메시지|메일)(?:\s?내용)?",
    "ursprüngliche (?:nachricht|mail)|ursprünglicher termin|original-?nachricht|originalnachricht",
    "weitergeleitete (?:nachricht|mail)",
    "message d.origine|message (?:original|initial|transféré)|mail original",
    "mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)",
    "messaggio (?:originale|inoltrato)",
    "oorspronkelijk bericht|doorgestuurd bericht",
    "ursprungligt meddelande|vidarebefordrat meddelande|oprindelig meddelelse|opprinnelig melding",
    "wiadomość oryginalna|исходное сообщение|пересылаемое сообщение",
    "元のメッセージ|元のメール|転送メッセージ",
    "原始邮件|原始郵件|转发邮件|轉寄郵件|邮件原件",
)
FORWARD_OPENINGS = any_of(
    "begin forwarded message",
    "anfang der weitergeleiteten (?:nachricht|e-?mail)",
    "début du (?:message réexpédié|message transféré)",
    "inicio del mensaje reenviado|inizio messaggio inoltrato",
    "전달된 메시지의 시작|전달된 메시지",
    "転送されたメッセージ|开始转发的邮件|開始轉寄郵件",
)

SENDER_LABELS = any_of(
    "from|von|de|da|van|från|fra|od|lähettäjä|от|kimden|feladó",
    "expéditeur|remitente|mittente",
    r"보낸\s?(?:사람|이)|보내는\s?사람|발신인?|발신자|작성자",
    "差出人|送信者|発信者|发件人|寄件者|寄件人",
)
SUBJECT_LABELS = any_of(
    "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|předmět|тема",
    "제목|件名|主题|主旨",
)
OTHER_LABELS = any_of(
    "sent|date|to|cc|bcc|reply-to|importance|attachments?|when|where|organization",
    "gesendet|datum|an|kopie|wichtigkeit|anlagen",
    "envoyé|date d'envoi|à",
    "enviado(?: el| em)?|fecha|para|data|enviada em",
    "inviato|a|verzonden|aan|skickat|till|kopia|sendt|til",
    "wysłano|do|odesláno|komu|отправлено|кому|дата|копия",
    r"보낸\s?(?:날짜|시간|일시)|날짜|일시|작성일|받는\s?(?:사람|이)|수신인?|수신자|참조|첨부(?:파일)?|중요도",
    "送信日時|日時|宛先|受信者",
    "发送时间|发送日期|日期|收件人|抄送|寄件日期|收件者|副本",
)

SENT_FROM = any_of(
    "sent from (?:my |mail |outlook|yahoo|samsung|an? |proton|gmail)[^.!?]*",
    "get (?:outlook|bluemail) for .*",
    "sent (?:with|via|using) (?:proton|spark|superhuman|airmail|outlook|mailtrack|canary|thunderbird|mail).*",
    "(?:나의|내) .{1,40}에서 보냄",
    ".{1,40}(?:에서|으로|로) (?:보냄|보낸 (?:이?메일|메시지)(?:입니다)?|보냈습니다)",
    "(?:android|ios|모바일)용 outlook.*|outlook.{0,20}(?:다운로드|받기).*",
    "von meinem .{1,40} gesendet|gesendet (?:von|mit) .{1,60}",
    "diese nachricht wurde von .{1,60} gesendet",
    "envoyé (?:de|depuis|à partir de) .{1,60}|télécharger outlook.*",
    "enviado (?:desde|do|de) .{1,60}|inviato dal? .{1,60}",
    "(?:verzonden|verstuurd) (?:vanaf|met|vanuit) .{1,60}",
    "skickat från .{1,60}|sendt fra .{1,60}|odesláno z .{1,60}|wysłan[eo] z .{1,60}",
    "отправлено (?:с|из) .{1,60}",
    ".{0,20}(?:から|より)送信(?:されました)?|发自我的.{1,40}|从我的.{1,40}发送|從我的.{1,40}傳送",
)
BANNERS = any_of(
    r"\[?external(?: e-?mail| sender)?\]?\W*$",
    r"(?:caution|warning)\W{1,4}(?:this|external).{0,60}(?:outside|external)",
    "this (?:e-?mail|message) (?:originated|came|was sent) from outside",
    "you don.t often get e-?mail from|some people who received this message don.t often",
    r"\[?외부\s?(?:메일|발신)\]?\W*$|(?:이|본) 메일은 (?:외부|회사 외부)에서",
)
DISCLAIMER_OPENINGS = any_of(
    r"confidential|disclaimer|legal notice|privileged|important(?: notice)?\W|notice\W|caution\W|warning\W",
    "this (?:e-?mail|message|communication|transmission)",
    "the (?:information|contents?) (?:contained )?(?:in|of)",
    "if you (?:are not the intended|have received this)",
    r"[본이동]\s?(?:전자\s?우편|전자\s?메일|이?메일|e-?mail|메시지|메세지|문서)",
    "diese (?:e-?mail|nachricht)|ce (?:message|courriel|mail)|este (?:correo|mensaje)|questo messaggio",
    "(?:この|本)(?:電子)?(?:メール|メッセージ)|[本此](?:邮件|郵件)",
)
DISCLAIMER_WORDS = any_of(
    "confidential|privileged|intended (?:recipient|solely|only)|solely for|unauthori[sz]ed|virus",
    r"기밀|비밀|대외비|보안|법률|법적|수신인|수신자(?:만|가 아|에게만)|무단|누설|유출|발신\s?전용",
    "vertraulich|confidentiel|confidencial|riservat",
    "機密|秘密|誤って|保密|机密",
)
CLOSINGS = any_of(
    "(?:with )?(?:my )?(?:best|kind|kindest|warm|warmest|many thanks and)? ?(?:regards|wishes)",
    "sincerely(?: yours)?|yours(?: (?:sincerely|truly|faithfully))?|cheers|best|respectfully|cordially|thx",
    "(?:many )?thanks(?: again| so much| in advance| a lot| and (?:best |kind )?regards|,? best)?",
    "thank you(?: so much)?|thanks? ?(?:&|and) ?(?:best |kind )?regards|rgds|br|b\\.r",
    "(?:mit )?(?:freundlichen|besten|herzlichen|vielen|lieben) grü(?:ß|ss)en?",
    "(?:freundliche|beste|herzliche|viele|liebe|schöne) grü(?:ß|ss)e|mfg|lg|vg|gruß|danke",
    "(?:bien )?cordialement|bien à vous|salutations|(?:un )?saludos?(?: cordiales)?|atentamente",
    "(?:cordiali )?saluti|met vriendelijke groet(?:en)?|groeten",
    "(?:med )?vänlig(?:a)? hälsning(?:ar)?|mvh|(?:med )?venlig hilsen",
    "s pozdravem|pozdrawiam|с уважением",
)
KOREAN_THANKS = any_of(
    "감사합니다|감사드립니다|고맙습니다|수고하세요",
    "하루 (?:되세요|보내세요)|바랍니다|드립니다",
)
NOT_KOREAN_NAMES = any_of(
    "자료|안내|공유|첨부|답변|회신|연락|보고|전달",
    "문의|말씀|부탁|감사|인사|축하|확인|제안|초대",
)
