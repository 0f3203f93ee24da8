"""What of the fictional town is said in other languages too; the rest is left in Dutch, as in a real one."""

from activities.translations import Translations

# By the Dutch title.
OF_ACTIVITIES: dict[str, Translations] = {
    "Inloop Jongerenwinkel": {
        "en": {"title": "Drop-in at the Jongerenwinkel", "description": "Come by to game, to talk or to help."},
        "tr": {"title": "Jongerenwinkel açık saatler", "description": "Gel; oyun oyna, sohbet et ya da yardım et."},
        "bg": {
            "title": "Свободно посещение в Jongerenwinkel",
            "description": "Ела да играеш, да си поговориш или да помогнеш.",
        },
    },
    "Vrijdagavond in de winkel": {
        "en": {"title": "Friday night in the shop", "description": "Music, table football and a warm meal."},
        "tr": {"title": "Cuma akşamı buluşması", "description": "Müzik, langırt ve sıcak yemek."},
        "bg": {"title": "Петък вечер", "description": "Музика, джаги и топла храна."},
    },
    "Entree-training": {
        "tr": {"title": "Entree eğitimi", "description": "Okul, staj ya da ek iş için hazırlan."},
        "bg": {"title": "Обучение Entree", "description": "Подготви се за училище, стаж или работа."},
    },
    "VR-game middag": {
        "en": {"title": "VR game afternoon", "description": "Play the VR game and talk about it together."},
        "tr": {"title": "VR oyunu", "description": "VR oyununu oyna ve birlikte konuşun."},
        "bg": {"title": "Следобед с VR игра", "description": "Изиграй VR играта и поговорете за нея заедно."},
    },
    "Sport na school": {
        "en": {"title": "Sports after school", "description": "Another sport every time, outside or in the hall."},
        "tr": {"title": "Okuldan sonra spor", "description": "Her seferinde başka bir spor, bahçede ya da salonda."},
        "bg": {"title": "Спорт след училище", "description": "Всеки път друг спорт, на двора или в залата."},
    },
    "Zaalvoetbal": {
        "tr": {"title": "Salon futbolu", "description": "Spor salonunda futbol, herkes için."},
        "bg": {"title": "Футбол в зала", "description": "Футбол във физкултурния салон, за всички."},
    },
}
# By the slug.
OF_PROGRAMMES: dict[str, Translations] = {
    "vr-game": {
        "en": {"description": "With VR glasses you see what a wrong choice does."},
        "tr": {"description": "VR gözlüğüyle yanlış bir seçimin ne yaptığını yaşarsın."},
        "bg": {"description": "С VR очила виждаш какво прави един грешен избор."},
    },
    "na-school": {
        "en": {"description": "Sports, homework and clubs after school."},
        "tr": {"description": "Okuldan sonra spor, ödev ve kulüpler."},
        "bg": {"description": "Спорт, домашни и клубове след училище."},
    },
}
