"""Sentences that show a synthetic voice's sounds in a language; elsewhere it reads numbers, which every language has.

Measured on English: sentences instead of numbers bring 0.01 to 0.03 in speaker similarity.
"""

from __future__ import annotations

_SENTENCES: dict[str, tuple[str, ...]] = {
    "en": (
        "My brother bought a new car and drove it across the country.",
        "Nobody knows where the money went or who took it from the bank.",
        "If you want to learn something, you should read more books.",
        "The doctor said that she would be ready to go home on Friday.",
        "There is a small river on the other side of the mountain.",
        "Should we choose the usual measure, or enjoy a joyful voyage with fresh thoughts?",
        "Thick fog, vague zones, huge yellow boats; that judge hums and sings.",
    ),
    "es": (
        "Mi hermano compró un coche nuevo y cruzó todo el país con él.",
        "Nadie sabe adónde fue el dinero ni quién lo sacó del banco.",
        "Si quieres aprender algo, deberías leer más libros por la noche.",
        "El médico dijo que el viernes estaría lista para volver a casa.",
        "Hay un río pequeño al otro lado de la montaña, cerca del viejo jardín.",
        "¿Dónde aprendieron los niños a jugar al ajedrez con tanta gracia?",
    ),
    "fr": (
        "Mon frère a acheté une nouvelle voiture et il a traversé tout le pays.",
        "Personne ne sait où est passé l'argent, ni qui l'a pris à la banque.",
        "Si tu veux apprendre quelque chose, tu devrais lire un peu plus de livres.",
        "Le médecin a dit qu'elle pourrait rentrer à la maison vendredi matin.",
        "Il y a une petite rivière de l'autre côté de la montagne, près du jardin.",
        "Quel bruit font donc les huit jeunes chiens qui jouent dans la cuisine ?",
    ),
    "de": (
        "Mein Bruder hat ein neues Auto gekauft und ist damit durch das ganze Land gefahren.",
        "Niemand weiß, wohin das Geld verschwunden ist und wer es von der Bank geholt hat.",
        "Wenn du etwas lernen möchtest, solltest du abends mehr Bücher lesen.",
        "Die Ärztin sagte, dass sie am Freitag nach Hause gehen könne.",
        "Auf der anderen Seite des Berges gibt es einen kleinen Fluss und schöne Gärten.",
        "Zwölf junge Pferde springen fröhlich über die breiten Zäune, nicht wahr?",
    ),
    "hi": (
        "मेरे भाई ने एक नई गाड़ी खरीदी और पूरे देश में घूमा।",
        "किसी को नहीं पता कि पैसा कहाँ गया और बैंक से किसने निकाला।",
        "अगर तुम कुछ सीखना चाहते हो तो तुम्हें और किताबें पढ़नी चाहिए।",
        "डॉक्टर ने कहा कि वह शुक्रवार को घर जा सकती है।",
        "पहाड़ के दूसरी ओर एक छोटी नदी और पुराना बगीचा है।",
        "बच्चे घर के पीछे खुशी से खेल रहे हैं, क्या तुमने देखा?",
    ),
    "te": (
        "మా అన్నయ్య కొత్త కారు కొని దేశమంతా తిరిగాడు.",
        "డబ్బు ఎక్కడికి పోయిందో ఎవరికీ తెలియదు.",
        "నువ్వు ఏదైనా నేర్చుకోవాలంటే మరిన్ని పుస్తకాలు చదవాలి.",
        "ఆమె శుక్రవారం ఇంటికి వెళ్ళవచ్చని డాక్టర్ చెప్పారు.",
        "కొండకు అవతలి వైపు ఒక చిన్న నది, పాత తోట ఉన్నాయి.",
        "పిల్లలు ఇంటి వెనుక ఆనందంగా ఆడుకుంటున్నారు, చూశావా?",
    ),
    "ta": (
        "என் அண்ணன் ஒரு புதிய கார் வாங்கி நாடு முழுவதும் சுற்றினான்.",
        "பணம் எங்கே போனது என்று யாருக்கும் தெரியாது.",
        "நீ ஏதாவது கற்றுக்கொள்ள விரும்பினால் நிறைய புத்தகங்கள் படிக்க வேண்டும்.",
        "அவள் வெள்ளிக்கிழமை வீட்டுக்குப் போகலாம் என்று மருத்துவர் சொன்னார்.",
        "மலையின் மறுபக்கத்தில் ஒரு சிறிய ஆறும் பழைய தோட்டமும் இருக்கின்றன.",
        "குழந்தைகள் வீட்டின் பின்னால் மகிழ்ச்சியாக விளையாடுகிறார்கள், பார்த்தாயா?",
    ),
    "ur": (
        "میرے بھائی نے ایک نئی گاڑی خریدی اور پورے ملک میں گھوما۔",
        "کسی کو نہیں معلوم کہ پیسہ کہاں گیا اور بینک سے کس نے نکالا۔",
        "اگر تم کچھ سیکھنا چاہتے ہو تو تمہیں اور کتابیں پڑھنی چاہئیں۔",
        "ڈاکٹر نے کہا کہ وہ جمعہ کو گھر جا سکتی ہے۔",
        "پہاڑ کے دوسری طرف ایک چھوٹی ندی اور پرانا باغ ہے۔",
        "بچے گھر کے پیچھے خوشی سے کھیل رہے ہیں، کیا تم نے دیکھا؟",
    ),
}

_NUMBERS = (
    "2541, 1909, 1534, 809, 923.",
    "122, 225, 49, 523, 2440.",
    "1934, 2741, 1511, 1830, 2971.",
    "2207, 1887, 1627, 1606, 2820.",
    "84, 2533, 2017, 2695, 1917.",
    "1173, 658, 371, 2792, 476.",
    "13, 15, 17, 11, 90, 80, 70, 60.",
    "1001, 212, 333, 444, 555, 666.",
)


def sentences(voice: str) -> tuple[str, ...]:
    """Texts for a voice name of eSpeak NG, such as ``en-us``."""
    return _SENTENCES.get(voice.partition("-")[0], _NUMBERS)
