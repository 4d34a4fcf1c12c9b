"""Words to record, and lines to try a voice with, by language."""

from __future__ import annotations

PASSAGES: dict[str, tuple[str, ...]] = {
    "en": (
        "The morning was quiet and cold, and the harbour lay under a thin white mist. I walked down to the water with "
        "a cup of coffee in my hand. Two fishermen were arguing about the weather: would it rain before noon? Nobody "
        "knew. A small red boat came round the point, slowly at first, then faster, and everybody stopped to look. "
        "It was a day like any other, and I would not have missed it for the world.",
        "Last summer we rented an old house at the edge of a village. The stairs creaked, the garden was wild, and "
        "every evening a huge owl sat in the apple tree. We cooked, we read, we played cards until our eyes were "
        "tired. What did we talk about? Everything: music, journeys, the price of bread. When it was time to leave, "
        "the children asked only one question. Can we come back next year?",
    ),
    "es": (
        "La mañana era fría y tranquila, y el puerto estaba cubierto por una niebla muy fina. Bajé hasta el agua con "
        "una taza de café en la mano. Dos pescadores discutían sobre el tiempo: ¿llovería antes del mediodía? Nadie "
        "lo sabía. Un pequeño barco rojo apareció detrás de la punta, primero despacio, después más rápido, y todos "
        "se pararon a mirar. Era un día como cualquier otro, y no me lo habría perdido por nada del mundo.",
    ),
    "fr": (
        "Le matin était froid et calme, et le port dormait sous une brume légère. Je suis descendu jusqu’à l’eau, une "
        "tasse de café à la main. Deux pêcheurs discutaient du temps : allait-il pleuvoir avant midi ? Personne ne le "
        "savait. Un petit bateau rouge est apparu derrière la pointe, lentement d’abord, puis plus vite, et tout le "
        "monde s’est arrêté pour regarder. C’était un jour comme les autres, et je ne l’aurais manqué pour rien.",
    ),
    "de": (
        "Der Morgen war still und kalt, und über dem Hafen lag ein dünner weißer Nebel. Ich ging mit einer Tasse "
        "Kaffee in der Hand hinunter ans Wasser. Zwei Fischer stritten über das Wetter: Würde es noch vor Mittag "
        "regnen? Niemand wusste es. Ein kleines rotes Boot kam um die Landspitze, erst langsam, dann schneller, und "
        "alle blieben stehen und schauten. Es war ein Tag wie jeder andere, und ich hätte ihn nicht missen wollen.",
    ),
    "it": (
        "La mattina era fredda e silenziosa, e sul porto c’era una nebbia sottile. Sono sceso fino all’acqua con una "
        "tazza di caffè in mano. Due pescatori discutevano del tempo: sarebbe piovuto prima di mezzogiorno? Nessuno lo "
        "sapeva. Una piccola barca rossa è spuntata dietro la punta, prima piano, poi più veloce, e tutti si sono "
        "fermati a guardare. Era un giorno come tanti, e non me lo sarei perso per niente al mondo.",
    ),
    "pt": (
        "A manhã estava fria e calma, e o porto dormia sob uma névoa fina. Desci até a água com uma xícara de café na "
        "mão. Dois pescadores discutiam sobre o tempo: será que ia chover antes do meio-dia? Ninguém sabia. Um pequeno "
        "barco vermelho apareceu atrás da ponta, primeiro devagar, depois mais depressa, e todos pararam para olhar. "
        "Era um dia como qualquer outro, e eu não o teria perdido por nada neste mundo.",
    ),
    "hi": (
        "सुबह शांत और ठंडी थी, और नदी पर हल्का कोहरा छाया हुआ था। मैं हाथ में चाय का प्याला लेकर पानी के पास गया। दो मछुआरे "
        "मौसम के बारे में बात कर रहे थे: क्या दोपहर से पहले बारिश होगी? किसी को पता नहीं था। तभी एक छोटी लाल नाव मोड़ के पीछे से "
        "आई, पहले धीरे, फिर तेज़, और सब लोग रुककर देखने लगे। वह बाकी दिनों जैसा ही एक दिन था, पर मैं उसे कभी नहीं भूलूँगा।",
    ),
}
"""Half a minute each: questions, lists and names of things, so that a voice moves as it does in life."""

LINES: dict[str, str] = {
    "en": "Good morning. This is how I sound in English.",
    "es": "Buenos días. Así suena mi voz en español.",
    "fr": "Bonjour. Voici comment ma voix sonne en français.",
    "de": "Guten Morgen. So klingt meine Stimme auf Deutsch.",
    "it": "Buongiorno. Ecco come suona la mia voce in italiano.",
    "pt": "Bom dia. É assim que a minha voz soa em português.",
    "ca": "Bon dia. Així sona la meva veu en català.",
    "gl": "Bos días. Así soa a miña voz en galego.",
    "eo": "Bonan matenon. Tiel sonas mia voĉo en Esperanto.",
    "hi": "नमस्ते। हिंदी में मेरी आवाज़ ऐसी सुनाई देती है।",
    "te": "నమస్కారం. తెలుగులో నా గొంతు ఇలా వినిపిస్తుంది.",
    "ta": "வணக்கம். தமிழில் என் குரல் இப்படி ஒலிக்கிறது.",
    "ur": "السلام علیکم۔ اردو میں میری آواز ایسی سنائی دیتی ہے۔",
    "bn": "নমস্কার। বাংলায় আমার কণ্ঠ এমন শোনায়।",
    "mr": "नमस्कार. मराठीत माझा आवाज असा ऐकू येतो.",
    "gu": "નમસ્તે. ગુજરાતીમાં મારો અવાજ આવો સંભળાય છે.",
    "kn": "ನಮಸ್ಕಾರ. ಕನ್ನಡದಲ್ಲಿ ನನ್ನ ಧ್ವನಿ ಹೀಗೆ ಕೇಳಿಸುತ್ತದೆ.",
    "ml": "നമസ്കാരം. മലയാളത്തിൽ എന്റെ ശബ്ദം ഇങ്ങനെയാണ്.",
    "pa": "ਸਤ ਸ੍ਰੀ ਅਕਾਲ। ਪੰਜਾਬੀ ਵਿੱਚ ਮੇਰੀ ਆਵਾਜ਼ ਇਸ ਤਰ੍ਹਾਂ ਸੁਣਦੀ ਹੈ।",
    "nl": "Goedemorgen. Zo klinkt mijn stem in het Nederlands.",
    "pl": "Dzień dobry. Tak brzmi mój głos po polsku.",
    "cs": "Dobré ráno. Takhle zní můj hlas v češtině.",
    "ru": "Доброе утро. Вот так звучит мой голос по-русски.",
    "uk": "Доброго ранку. Ось так звучить мій голос українською.",
    "tr": "Günaydın. Sesim Türkçede böyle geliyor.",
    "ro": "Bună dimineața. Așa sună vocea mea în română.",
    "hu": "Jó reggelt! Így szól a hangom magyarul.",
    "sv": "God morgon. Så här låter min röst på svenska.",
    "da": "Godmorgen. Sådan lyder min stemme på dansk.",
    "fi": "Hyvää huomenta. Tältä ääneni kuulostaa suomeksi.",
    "el": "Καλημέρα. Έτσι ακούγεται η φωνή μου στα ελληνικά.",
    "ar": "صباح الخير. هكذا يبدو صوتي بالعربية.",
    "fa": "صبح بخیر. صدای من به فارسی این‌طور شنیده می‌شود.",
    "id": "Selamat pagi. Beginilah suara saya dalam bahasa Indonesia.",
    "vi": "Chào buổi sáng. Giọng của tôi bằng tiếng Việt nghe như thế này.",
    "zh": "早上好。这就是我说中文的声音。",
    "ja": "おはようございます。日本語だと、私の声はこう聞こえます。",
    "ko": "좋은 아침입니다. 제 목소리는 한국어로 이렇게 들립니다.",
}
"""A line that is there to begin with."""
