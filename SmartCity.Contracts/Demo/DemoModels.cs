namespace SmartCity.Contracts.Demo;

/// <summary>A model of the demo registry. Weights in kilograms; fuel null where several are sold.</summary>
internal sealed record DemoModel(string Make, string Name, string Class, int Share, int GrossKg, int UnladenKg, string? Fuel = null);

/// <summary>What drives in the demo city, and how often.</summary>
internal static class DemoModels
{
    private static readonly DemoModel[] Models =
    [
        new("Ford", "Fiesta", "car", 70, 1600, 1150), new("Ford", "Focus", "car", 50, 1850, 1320), new("Ford", "Puma", "car", 35, 1770, 1280),
        new("Vauxhall", "Corsa", "car", 55, 1580, 1160), new("Vauxhall", "Astra", "car", 38, 1820, 1290), new("Volkswagen", "Golf", "car", 55, 1830, 1300),
        new("Volkswagen", "Polo", "car", 38, 1620, 1140), new("BMW", "3 Series", "car", 38, 2050, 1510), new("BMW", "X3", "car", 18, 2400, 1820),
        new("Mercedes-Benz", "A-Class", "car", 34, 1930, 1410), new("Mercedes-Benz", "E-Class", "car", 20, 2350, 1720), new("Audi", "A3", "car", 34, 1880, 1360),
        new("Audi", "Q5", "car", 16, 2450, 1840), new("Toyota", "Yaris", "car", 32, 1560, 1090), new("Toyota", "Prius", "phv", 30, 1790, 1380, "hybrid-petrol"),
        new("Toyota", "Corolla", "phv", 14, 1850, 1370, "hybrid-petrol"), new("Nissan", "Qashqai", "car", 42, 1950, 1400), new("Nissan", "Leaf", "car", 12, 2010, 1580, "electric"),
        new("Kia", "Sportage", "car", 26, 2150, 1560), new("Kia", "Niro", "phv", 10, 2230, 1740, "electric"), new("Hyundai", "Tucson", "car", 24, 2180, 1570),
        new("MINI", "Cooper", "car", 26, 1640, 1210), new("Land Rover", "Range Rover Evoque", "car", 20, 2400, 1850), new("Tesla", "Model 3", "car", 20, 2230, 1760, "electric"),
        new("Tesla", "Model Y", "car", 16, 2400, 1930, "electric"), new("Honda", "Jazz", "car", 20, 1620, 1180), new("Peugeot", "208", "car", 22, 1640, 1120),
        new("Renault", "Clio", "car", 22, 1630, 1130), new("Skoda", "Octavia", "car", 24, 1880, 1340), new("Fiat", "500", "car", 20, 1390, 980),
        new("Volvo", "XC60", "car", 16, 2450, 1880), new("MG", "MG4", "car", 10, 2100, 1655, "electric"), new("Jaguar", "XF", "car", 9, 2350, 1710),
        new("LEVC", "TX", "taxi", 18, 2990, 2230, "hybrid-petrol"), new("LTI", "TX4", "taxi", 10, 2550, 1975, "diesel"),
        new("Ford", "Transit", "van", 34, 3500, 2080, "diesel"), new("Ford", "Transit Custom", "van", 34, 3000, 1950, "diesel"),
        new("Mercedes-Benz", "Sprinter", "van", 20, 3500, 2120, "diesel"), new("Volkswagen", "Transporter", "van", 22, 3000, 1930, "diesel"),
        new("Vauxhall", "Vivaro", "van", 18, 2900, 1780, "diesel"), new("Citroën", "Berlingo", "van", 12, 2000, 1190, "diesel"), new("Maxus", "eDeliver 3", "van", 5, 2520, 1700, "electric"),
        new("Ford", "Transit 17-seat", "minibus", 6, 4600, 2800, "diesel"), new("Mercedes-Benz", "Sprinter Travel", "minibus", 4, 5000, 3000, "diesel"),
        new("DAF", "XF", "hgv", 12, 44000, 8200, "diesel"), new("Scania", "R450", "hgv", 12, 44000, 8000, "diesel"), new("Volvo", "FM", "hgv", 10, 32000, 9300, "diesel"),
        new("Iveco", "Eurocargo", "hgv", 8, 12000, 4900, "diesel"), new("Volvo", "9700", "coach", 4, 18000, 13500, "diesel"), new("Alexander Dennis", "Enviro400", "coach", 6, 18000, 11000, "diesel"),
        new("Wrightbus", "StreetDeck Hydroliner", "coach", 2, 18000, 12500, "hydrogen"),
        new("Honda", "PCX125", "motorcycle", 12, 310, 130, "petrol"), new("Yamaha", "NMAX", "motorcycle", 8, 300, 131, "petrol"), new("Triumph", "Street Triple", "motorcycle", 5, 390, 189, "petrol"),
    ];

    private static readonly int TotalShare = Models.Sum(m => m.Share);

    public static DemoModel Pick(ref DemoRandom random)
    {
        var roll = random.Next(0, TotalShare);
        foreach (var model in Models)
        {
            roll -= model.Share;
            if (roll < 0)
            {
                return model;
            }
        }

        return Models[0];
    }
}
