using SmartCity.Edge.Tests.Hosting;
using SmartCity.Recognition;

[assembly: AssemblyFixture(typeof(Recogniser))]

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>The plate recogniser with its models, loaded once.</summary>
public sealed class Recogniser : IDisposable
{
    public const string HomeCountry = "GB";

    private readonly Lazy<PlateRecogniser> _models = new(() => new PlateRecogniser(new RecognitionOptions { HomeCountry = HomeCountry }));

    public PlateRecogniser Models => _models.Value;

    public void Dispose()
    {
        if (_models.IsValueCreated)
        {
            _models.Value.Dispose();
        }
    }
}
