using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Faces;
using SmartCity.Recognition;

namespace SmartCity.Edge.Faces;

/// <summary>The detector and the descriptor, opened when the first order needs them and again after a fault. Thread-safe.</summary>
internal sealed class FaceModels(IOptions<FaceOptions> options, IOptions<RecognitionOptions> recognition, ILogger<FaceModels> logger)
{
    private readonly Lock _gate = new();
    private (FaceDetector Detector, FaceDescriber Describer)? _opened;

    public (FaceDetector Detector, FaceDescriber Describer) Get()
    {
        lock (_gate)
        {
            return _opened ??= (
                FaceDetector.Open(open: Session),
                FaceDescriber.Open(options.Value.ModelsPath, options.Value.Descriptor, Session));
        }

        Microsoft.ML.OnnxRuntime.InferenceSession Session(string path) => OnnxModel.Open(path, recognition.Value, logger).Session;
    }

    /// <summary>The next who asks gets new ones. Others may still be using the old ones, which are left to the collector.</summary>
    public void Renew()
    {
        lock (_gate)
        {
            _opened = null;
        }
    }
}
