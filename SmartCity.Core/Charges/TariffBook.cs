namespace SmartCity.Core.Charges;

/// <summary>Which tariff holds on which day. Pure.</summary>
public sealed class TariffBook
{
    private readonly List<DatedTariff> _tariffs;

    /// <param name="added">Tariffs that follow the one that ships with the product, each from its day on.</param>
    public TariffBook(IEnumerable<DatedTariff> added) => _tariffs = [.. added.Append(new DatedTariff(DateOnly.MinValue, Tariff.London)).OrderByDescending(t => t.From)];

    /// <summary>The tariff that ships with the product, for every day.</summary>
    public static TariffBook Shipped { get; } = new([]);

    /// <summary>Newest first.</summary>
    public IReadOnlyList<DatedTariff> Tariffs => _tariffs;

    public Tariff On(DateOnly day) => _tariffs.Find(t => t.From <= day)!.Tariff;
}

/// <param name="From">First day on which it holds.</param>
public sealed record DatedTariff(DateOnly From, Tariff Tariff);
