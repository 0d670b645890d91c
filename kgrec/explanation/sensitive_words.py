"""The library's own list of sensitive matters, in English and Chinese: a beginning that a merchant changes.

Kinds of Article 9 of the GDPR: health, sex life and orientation, religion and belief, politics and unions, ethnic
origin; beside them pregnancy, addiction, debt and death. Seasons that whole shops are decorated for, such as Christmas
and Easter, are not in it; feasts of one faith are.
"""

from __future__ import annotations

__all__ = ["RELATIONS", "WORDS"]

_RELATIONS = """
religion, faith, denomination, belief, health_condition, medical_condition, condition_treated, disease, diagnosis,
symptom, indication, disability, medication, pregnancy, sexual_orientation, sexuality, politics, political_party,
political_affiliation, ethnicity, ethnic_group, race, skin_colour_group, trade_union, union_membership,
宗教, 信仰, 疾病, 症状, 适应症, 残疾, 怀孕, 性取向, 政治, 政党, 民族, 种族, 工会
"""
_ENGLISH = """
pregnancy, pregnant, maternity, fertility, infertility, ovulation, conception, contraception, contraceptive, condom,
miscarriage, abortion, menopause, menopausal, postnatal, postpartum, breastfeeding, ivf,
diabetes, diabetic, blood sugar, blood glucose, insulin, cancer, chemotherapy, tumour, tumor, hiv, aids test, std test,
sti test, hepatitis, herpes, tuberculosis, epilepsy, asthma inhaler, dementia, alzheimer, alzheimer's, parkinson's,
multiple sclerosis, arthritis, depression, depressive, antidepressant, anxiety disorder, bipolar, schizophrenia,
psychiatric, psychosis, adhd, autism, autistic, eating disorder, anorexia, bulimia, obesity, incontinence, incontinent,
haemorrhoid, hemorrhoid, erectile, impotence, viagra, eczema, psoriasis, rosacea, scabies, head lice, hair loss,
chronic illness, disability, disabled, wheelchair, mobility aid, hearing aid, colostomy, ostomy, catheter, hospice,
addiction treatment, alcoholism, drug rehab, methadone, quit smoking, nicotine patch,
sexual, sexuality, erotic, sex toy, vibrator, dildo, personal lubricant, bdsm, lgbt, lgbtq, gay, lesbian,
bisexual, transgender, queer, gay pride,
religion, religious, bible, quran, koran, torah, talmud, gospel, rosary, crucifix, communion, baptism, christening,
confirmation gift, bar mitzvah, bat mitzvah, hanukkah, menorah, kosher, halal, ramadan, eid, hijab, burqa, prayer mat,
prayer rug, diwali, hindu, sikh, muslim, islamic, jewish, judaism, christianity, christian faith,
catholic, protestant, buddhist, atheist,
church, mosque, synagogue, scientology,
election campaign, political, politics, republican, democrat, conservative party, labour party, communist, socialist,
anarchist, fascist, trade union,
ethnicity, ethnic, racial, immigrant, refugee, asylum,
debt, bankruptcy, funeral, bereavement, urn for ashes
"""
_CHINESE = """
怀孕, 孕妇, 孕期, 备孕, 验孕, 排卵, 避孕, 安全套, 流产, 人流, 不孕, 更年期, 产后, 哺乳期,
糖尿病, 血糖, 胰岛素, 癌, 肿瘤, 化疗, 艾滋, 性病, 肝炎, 疱疹, 结核, 癫痫, 痴呆,
 帕金森, 关节炎, 抑郁, 焦虑症, 精神病, 自闭症, 多动症,
厌食症, 肥胖症, 失禁, 痔疮, 阳痿, 壮阳, 湿疹, 银屑病, 牛皮癣, 脱发, 残疾, 轮椅, 助听器, 戒烟, 戒酒, 戒毒,
情趣, 性用品, 成人用品, 同性恋, 双性恋, 跨性别,
宗教, 圣经, 古兰经, 佛经, 念珠, 十字架, 受洗, 清真, 斋月, 开斋节,
 头巾礼拜, 礼拜毯, 穆斯林, 伊斯兰, 犹太, 基督教, 天主教, 佛教, 道教, 印度教, 教堂, 清真寺,
政治, 政党, 选举, 共产, 民主党, 共和党, 工会,
少数民族, 种族, 移民, 难民,
债务, 破产, 葬礼, 丧葬, 骨灰
"""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in text.replace("\n", " ").split(",") if entry.strip())


RELATIONS = _listed(_RELATIONS)
WORDS = _listed(_ENGLISH) + _listed(_CHINESE)
