namespace SmartCity.Contracts.Api;

/// <summary>The console says in this header from which address somebody signs in; it is believed only with the console's own key.</summary>
public static class ClientAddress
{
    public const string Header = "X-Client-Address";
}
