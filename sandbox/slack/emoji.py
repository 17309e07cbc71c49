"""The `:names:` of common emoji; a name that is not here is shown as it was written."""

from __future__ import annotations

_NAMES = """
😀 grinning  😃 smiley  😄 smile  😁 grin  😆 laughing  😅 sweat_smile  😂 joy
🙂 slightly_smiling_face  😉 wink  😊 blush  😍 heart_eyes  😘 kissing_heart  😎 sunglasses
🤔 thinking_face  😐 neutral_face  😏 smirk  😴 sleeping  😢 cry  😭 sob  😡 rage  😱 scream
😬 grimacing  🙄 face_with_rolling_eyes  🤗 hugging_face  🤖 robot_face  👻 ghost  💀 skull
🙈 see_no_evil  🥳 partying_face  😌 relieved  👋 wave  👍 +1  👍 thumbsup  👎 -1  👎 thumbsdown
👌 ok_hand  ✌️ v  🤞 crossed_fingers  👏 clap  🙌 raised_hands  🙏 pray  💪 muscle  👀 eyes
🧠 brain  👉 point_right  👈 point_left  👆 point_up_2  👇 point_down  ✋ raised_hand
👤 bust_in_silhouette  👥 busts_in_silhouette  🙋 raising_hand  🤝 handshake  ✍️ writing_hand
❤️ heart  💔 broken_heart  💯 100  🔥 fire  ✨ sparkles  ⭐ star  🌟 star2  💡 bulb
💬 speech_balloon  💭 thought_balloon  ✅ white_check_mark  ☑️ ballot_box_with_check
✔️ heavy_check_mark  ❌ x  ❎ negative_squared_cross_mark  ❗ exclamation
❗ heavy_exclamation_mark  ❓ question  ⚠️ warning  ⛔ no_entry  🚫 no_entry_sign
🛑 octagonal_sign  ℹ️ information_source  🆕 new  🆗 ok  🔴 red_circle  🟠 large_orange_circle
🟡 large_yellow_circle  🟢 large_green_circle  🔵 large_blue_circle  🟣 large_purple_circle
⚪ white_circle  ⚫ black_circle  🔺 small_red_triangle  🔻 small_red_triangle_down
🔹 small_blue_diamond  🔸 small_orange_diamond  ▶️ arrow_forward  ➡️ arrow_right
⬅️ arrow_left  ⬆️ arrow_up  ⬇️ arrow_down  ↩️ leftwards_arrow_with_hook  🔁 repeat
🔄 arrows_counterclockwise  ➕ heavy_plus_sign  ➖ heavy_minus_sign  📅 date  📆 calendar
🗓️ spiral_calendar_pad  ⏰ alarm_clock  ⏱️ stopwatch  ⏳ hourglass_flowing_sand  ⌛ hourglass
🕘 clock9  🕙 clock10  🕒 clock3  🕐 clock1  🕛 clock12  ⌚ watch  🌅 sunrise  🌞 sun_with_face
☀️ sunny  ⛅ partly_sunny  ☁️ cloud  🌧️ rain_cloud  ❄️ snowflake  ☔ umbrella_with_rain_drops
🌙 crescent_moon  🌍 earth_africa  🌏 earth_asia  🌈 rainbow  ⚡ zap  📧 email  📧 e-mail
✉️ envelope  📨 incoming_envelope  📩 envelope_with_arrow  📬 mailbox_with_mail
📭 mailbox_with_no_mail  📫 mailbox  📥 inbox_tray  📤 outbox_tray  📦 package  📎 paperclip
🖇️ linked_paperclips  📌 pushpin  📍 round_pushpin  🔗 link  📝 memo  📝 pencil  ✏️ pencil2
📄 page_facing_up  📃 page_with_curl  📑 bookmark_tabs  📋 clipboard  📁 file_folder
📂 open_file_folder  🗂️ card_index_dividers  📊 bar_chart  📈 chart_with_upwards_trend
📉 chart_with_downwards_trend  📰 newspaper  🗞️ rolled_up_newspaper  📖 book  📚 books
🔖 bookmark  🔍 mag  🔎 mag_right  🔒 lock  🔓 unlock  🔑 key  🔔 bell  🔕 no_bell  📣 mega
📢 loudspeaker  📞 telephone_receiver  ☎️ phone  📱 iphone  💻 computer  🖥️ desktop_computer
🖨️ printer  🎥 movie_camera  📹 video_camera  🎧 headphones  ⚙️ gear  🔧 wrench  🔨 hammer
🛠️ hammer_and_wrench  🧰 toolbox  🧪 test_tube  🐛 bug  🗑️ wastebasket  💰 moneybag
💳 credit_card  🧾 receipt  🏢 office  🏠 house  🏦 bank  🏥 hospital  ✈️ airplane  🚀 rocket
🚗 car  🚌 bus  🚆 train2  🎉 tada  🎊 confetti_ball  🎁 gift  🎂 birthday  🏆 trophy
🥇 first_place_medal  🎯 dart  🏁 checkered_flag  🚩 triangular_flag_on_post  🚨 rotating_light
🇰🇷 kr  🇺🇸 us  🇬🇧 gb  🇯🇵 jp  ☕ coffee  🍵 tea  🍚 rice  🍕 pizza  🍎 apple  🍻 beers  🌱 seedling
🌳 deciduous_tree  🌸 cherry_blossom  🐶 dog  🐱 cat  🐢 turtle  🐦 bird  1️⃣ one  2️⃣ two
3️⃣ three  4️⃣ four  5️⃣ five  🔟 keycap_ten
"""

_words = _NAMES.split()
EMOJI: dict[str, str] = dict(zip(_words[1::2], _words[::2], strict=True))
