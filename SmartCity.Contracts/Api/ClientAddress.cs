namespace SmartCity.Contracts.Api;

/// <summary>The console says in this header from which address somebody signs in; it is believed only with the console's own key, which is a service key with the scope <c>live:read</c>.</summary>
public static class ClientAddress
{
    public const string Header = "X-Client-Address";
}
