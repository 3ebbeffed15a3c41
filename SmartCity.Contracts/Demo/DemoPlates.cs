using System.Globalization;

namespace SmartCity.Contracts.Demo;

/// <summary>A plate for each number, never the same for two numbers.</summary>
internal static class DemoPlates
{
    private const string Letters = "ABCDEFGHJKLMNOPRSTUVWXY";
    private const string Serial = "ABCDEFGHJKLMNOPRSTUVWXYZ";
    private const string YearLetters = "ABCDEFGHJKLMNPRSTVWXY";
    private const string DutchLetters = "BDFGHJKLNPRSTVXZ";

    public static string For(int index, DateOnly registered, DateOnly firstCurrent)
    {
        // Every 20th vehicle is from abroad.
        if (index % 20 == 19)
        {
            return Foreign(index / 20);
        }

        return registered >= firstCurrent ? Current(index, registered)
            : registered.Year >= 1983
                ? string.Create(CultureInfo.InvariantCulture, $"{YearLetters[Math.Min(registered.Year - 1983, YearLetters.Length - 1)]}{index % 999 + 1}{Serial[index / 13_824 % 24]}{Serial[index / 576 % 24]}{Serial[index / 24 % 24]}")
                : string.Create(CultureInfo.InvariantCulture, $"{Serial[index / 13_824 % 24]}{Serial[index / 576 % 24]}{Serial[index / 24 % 24]}{index % 999 + 1}{YearLetters[Math.Clamp(registered.Year - 1963, 0, 20)]}");
    }

    /// <summary>AB12CDE: area and serial are a mixed-radix number that is the vehicle's own; the age identifier follows the date.</summary>
    private static string Current(int index, DateOnly registered)
    {
        var age = registered.Month switch
        {
            >= 9 => registered.Year % 100 + 50,
            >= 3 => registered.Year % 100,
            _ => (registered.Year - 1) % 100 + 50,
        };
        // A multiplication by a unit modulo a prime scatters neighbours and meets none twice.
        const int area = 12 * 23;
        const int prime = 3_815_423;
        var number = (int)((long)(index % prime) * 1_368_787 % prime);
        Span<char> serial = stackalloc char[3];
        for (var i = 2; i >= 0; i--)
        {
            serial[i] = Serial[number % 24];
            number /= 24;
        }

        number %= area;
        return string.Create(CultureInfo.InvariantCulture, $"{"LGKEBOHYMSCF"[number % 12]}{Letters[number / 12]}{age:00}{serial}");
    }

    private static string Foreign(int serial)
    {
        var n = serial / 5;
        return (serial % 5) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"M{Serial[n / 576 % 24]}{Serial[n / 24 % 24]}{1000 + n % 9000}"),
            1 => string.Create(CultureInfo.InvariantCulture, $"{Serial[n / 576 % 24]}{Serial[n / 24 % 24]}{n % 999 + 1:000}{Serial[n % 24]}{Serial[n / 7 % 24]}"),
            2 => string.Create(CultureInfo.InvariantCulture, $"{n % 90 + 10}{DutchLetters[n / 4096 % 16]}{DutchLetters[n / 256 % 16]}{DutchLetters[n / 16 % 16]}{DutchLetters[n % 16]}"),
            3 => string.Create(CultureInfo.InvariantCulture, $"W{Serial[n / 24 % 24]}{Serial[n % 24]}{n % 9999 + 1:0000}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{n % 12 + 11}1D{10000 + n}"),
        };
    }
}
