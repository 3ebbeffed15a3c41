namespace SmartCity.Core.Charges;

/// <summary>Which tariff holds on which day. Pure.</summary>
public sealed class TariffBook
{
    private readonly List<DatedTariff> _tariffs;

    /// <param name="added">Tariffs that follow the one that ships with the product, each from its day on.</param>
    /// <param name="city">Whose days and currency they are; the tariff that ships is in pounds and holds in no other currency.</param>
    public TariffBook(IEnumerable<DatedTariff> added, ChargingCity city)
    {
        City = city;
        var first = city.Currency == Tariff.London.Currency ? Tariff.London : Tariff.None(city.Currency);
        _tariffs = [.. added.Append(new DatedTariff(DateOnly.MinValue, first)).OrderByDescending(t => t.From)];
    }

    /// <summary>The tariff that ships with the product, for every day.</summary>
    public static TariffBook Shipped { get; } = new([], ChargingCity.London);

    public ChargingCity City { get; }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<DatedTariff> Tariffs => _tariffs;

    public Tariff On(DateOnly day) => _tariffs.Find(t => t.From <= day)!.Tariff;
}

/// <param name="From">First day on which it holds.</param>
public sealed record DatedTariff(DateOnly From, Tariff Tariff);
