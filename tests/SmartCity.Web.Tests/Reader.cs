using System.Globalization;
using SmartCity.Web.Languages;

namespace SmartCity.Web.Tests;

/// <summary>Who reads, until it is disposed.</summary>
internal sealed class Reader : IDisposable
{
    private readonly (CultureInfo Culture, CultureInfo Language) _before = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);

    public Reader(string language) => (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (Language.CultureOf(language), Language.CultureOf(language));

    public void Dispose() => (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = _before;
}
