namespace SmartCity.Contracts.Api;

/// <summary>A call that a page makes by itself, with nobody at it: it does not keep a session from ending for being idle.</summary>
public static class BackgroundCall
{
    /// <summary>Header of such a call, with any value.</summary>
    public const string Header = "X-Background";
}
