namespace SmartCity.Contracts.Api;

/// <summary>What stands before an amount of money.</summary>
public static class CurrencySign
{
    /// <summary>The sign, or the code and a space where a currency has no sign that everybody knows.</summary>
    /// <param name="currency">ISO 4217.</param>
    public static string Of(string currency) => currency switch { "GBP" => "£", "EUR" => "€", "USD" => "$", _ => currency + " " };
}
