namespace SmartCity.Edge.Tests.Recognition;

/// <summary>Plates as the countries give them out, by grammar, and ones of nearly that shape that none ever gave out.</summary>
internal static class KnownPlates
{
    /// <summary>Grammar, its country, plates of each of its kinds.</summary>
    public static IReadOnlyList<(string Grammar, string Country, string Plates)> Valid { get; } =
    [
        ("gb-current", "GB", "AB51ABC LR33TEE BD24XYZ MA70OOO YY02HJK"),
        ("gb-prefix", "GB", "A1ABC G526JHD P12OLD Y999YYY"),
        ("gb-suffix", "GB", "ABC1A KPU12T OYO999Y"),
        ("gb-dateless", "GB", "A1234 AB1234 ABC123 AB123 ABC12 A123 ABC1 123ABC 1234AB 123AB 1234A 25ABC"),
        ("gb-northern-ireland", "GB", "FIA1234 ABZ1234 JIL123 OYZ123 DUI1234 KXI9998 AOI101 TJI4567 SIW321"),
        ("gb-northern-ireland-cherished", "GB", "DUI12 FIA1 OYZ9"),
        ("gb-dateless-short", "GB", "F1 A12 RR1 AB12 1A 25B 123A 1RR 12AB 1ABC"),
        ("gb-q", "GB", "Q123ABC Q999YYY"),
        ("de", "DE", "BA1234 BA123 BA12 HHA1234 HHA123 HHA12 HHA1 HHAB1234 MTKA123 MTKA12 HHAB1 MTKAB123 MTKAB12 MTKAB1"),
        ("de-electric-historic", "DE", "SA12E SA123E SA1234E SAB12E SAB123E HHA1234E HHAB12E HHAB123E MTKAB12E SA12H SAB123H HHA1234H HHAB123H MTKAB12H"),
        ("fr", "FR", "AB123CD GA000AA QZ987XW"),
        ("fr-fni", "FR", "1234AB75 123ABC75 123AB75"),
        ("nl", "NL", "12BBGG BBGG12 12BBB1 1BBB12 BB123B B123BB BB12BB GBB12B ZXT99D"),
        ("be", "BE", "1ABC123 2XYZ999 ABC123 123ABC"),
        ("it", "IT", "AB123CD ZZ999ZZ GX012KL"),
        ("es", "ES", "1234BCD 0000BBB M1234AB BI1234CD M1234A GI1234A"),
        ("pt", "PT", "AB1234 1234AB 12AB34 AB12CD"),
        ("at", "AT", "W12345A W1234A G123AB GU123AB BM1234A LL123A"),
        ("ch", "CH", "ZH123456 BE12345 GE1234"),
        ("pl", "PL", "WA12345 KR1234A PO123AB GDA12AB WPR1A23 WPR12A3 WPR1AB2 WPR12345 WPRAB12 WPI1234 WPI123A WPIA123"),
        ("cz", "CZ", "1A23456 4AB1234 ABC1234 AB12345"),
        ("sk", "SK", "BA123AB KE999ZZ AA001AB"),
        ("hu", "HU", "ABC123 AABC123"),
        ("hr", "HR", "ZG123AB ZG1234AB ST1234A RI123A"),
        ("si", "SI", "LJAB123 MB12ABC CEA1234"),
        ("ro", "RO", "CJ12ABC B12ABC B123ABC"),
        ("ie", "IE", "131D1234 132C12345 241D123456 151KE123 161WW1234 99D12345 05C1234 05WW1234 99CE123 10KE12345"),
        ("se", "SE", "ABC123 ABC12A"),
        ("no", "NO", "AB12345 EL98765"),
        ("dk", "DK", "AB12345 XY98765"),
        ("fi", "FI", "ABC123 ABC12 AB123"),
        ("gr", "GR", "YZA1234 NHK999 IBM12"),
        ("bg", "BG", "C1234AB CB0000HP"),
        ("ee", "EE", "123ABC"),
        ("lv", "LV", "AB1234 KR123 AB12 AB1"),
        ("lt", "LT", "ABC123 EA1234"),
        ("lu", "LU", "AB1234"),
        ("mt", "MT", "ABC123"),
        ("cy", "CY", "KAB123"),
        ("ua", "UA", "AA1234BB KA0001TX"),
        ("tr", "TR", "34A1234 06A12345 35AB123 34AB1234 34ABC12 01ABC123"),
        ("br-mercosul", "BR", "ABC1D23 RIO2A18"),
        ("br", "BR", "ABC1234"),
        ("in", "IN", "KL01CA2555 MH12A1234 DL3CA1234 DL01CAB1234 DL1CAB1234"),
        ("in-bharat", "IN", "22BH1234A 24BH6517AB"),
        ("us", "US", "7ABC123 ABC1234 ABC123 123ABC AB12345 A123456 A12BC3 AB1CDE 1AB2345 1234AB 12345A"),
        ("us-digits", "US", "123456 1234567"),
    ];

    /// <summary>Grammar, plates that are not its.</summary>
    public static IReadOnlyList<(string Grammar, string Plates)> Invalid { get; } =
    [
        ("gb-current", "IB12CDE AZ12CDE AB12CIE AB12CDQ AB1CDE2 AB123DE AB12CDEF"),
        ("gb-prefix", "I12ABC O12ABC Z12ABC A12ABI A1234ABC"),
        ("gb-suffix", "ABC12O ABC12I IBC12A ABC1234A"),
        ("gb-dateless", "ABCD123 12345AB 12AB34"),
        ("gb-northern-ireland", "ABC1234 QIA1234 AIQ1234 ABZ12345 DUI12345 AIC1234 ABI1234"),
        ("gb-northern-ireland-cherished", "DUI123 QIA1 ABI12"),
        ("gb-dateless-short", "FF F11A AB123 A1B"),
        ("gb-q", "R123ABC Q123ABI Q12ABCD"),
        ("de", "12AB34 ABCDEF ABCDEF12 SAB123E"),
        ("de-electric-historic", "SAB12F SAB12 12SABE"),
        ("fr", "AB123CI OB123CD AU123CD AB12CDE"),
        ("fr-fni", "12AB7512 ABC12375"),
        ("nl", "12ABGG BBGE12 B12BB1 BBB123 GAB12B GBB12A"),
        ("be", "0ABC123 ABC1234 1AB1234"),
        ("it", "AI123CD AB123OD AB12CDE UB123CD"),
        ("es", "1234ABC 1234BCQ 123BBCD 1234BE5"),
        ("pt", "A12345 ABC123 123ABC"),
        ("at", "X12345A AA123AB W123456"),
        ("ch", "ZZ123456 ZH1234567 ZHA1234"),
        ("pl", "AA12345 XR1234A HPR12345 W123456"),
        ("cz", "1D23456 1G12345 A123456"),
        ("sk", "B1234AB BA12ABC BAA12AB"),
        ("hu", "AB1234 ABCDE12 A123ABC"),
        ("hr", "XX123AB ZG123ABC ZAG123A"),
        ("si", "XXAB123 LJABC12 LJ12345"),
        ("ro", "C12ABC CJ123AB BV123ABC"),
        ("ie", "133D1234 131A1234 13AB1C23 AB12CD1"),
        ("se", "IBC123 AQC123 ABV123 ABC12O"),
        ("no", "AI12345 OB12345 AQ12345 A123456"),
        ("dk", "AI12345 QB12345 A123456"),
        ("fi", "ABCD12 A1234 123ABC"),
        ("gr", "YZD1234 ABC123"),
        ("bg", "C1234AD F1234AB CB12345"),
        ("ee", "123AB 12ABC"),
        ("lv", "ABC123 AB12345"),
        ("lt", "QBC123 ABW123 AB123"),
        ("lu", "ABC123 AB123"),
        ("mt", "AB123 ABC1234"),
        ("cy", "IAB123 KAB1234"),
        ("ua", "AD1234BB AA123BB"),
        ("tr", "94A1234 34Q1234 34ABCD12"),
        ("br-mercosul", "ABC12D3 AB1C234"),
        ("br", "AB12345 1234ABC"),
        ("in", "XX01CA2555 KLA1CA2555 KL01CA255"),
        ("in-bharat", "22BI1234A BH221234A 22BH123AB"),
        ("us", "ABCDEFG A1B2C3D 12AB34C"),
        ("us-digits", "12345A 12345 12345678"),
    ];

    public static IEnumerable<TheoryDataRow<string, string>> EachValid() =>
        from known in Valid from plate in known.Plates.Split(' ') select new TheoryDataRow<string, string>(known.Grammar, plate);

    public static IEnumerable<TheoryDataRow<string, string>> EachInvalid() =>
        from known in Invalid from plate in known.Plates.Split(' ') select new TheoryDataRow<string, string>(known.Grammar, plate);

    public static IEnumerable<TheoryDataRow<string, string>> EachByCountry() =>
        from known in Valid from plate in known.Plates.Split(' ') select new TheoryDataRow<string, string>(known.Country, plate);
}
