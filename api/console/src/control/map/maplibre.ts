/**
 * MapLibre with its worker found. Import the library from here and nowhere else: a production build
 * moves the worker's file, and a map made before its address is known stays blank.
 */

import { Map, Marker, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";

setWorkerUrl(workerUrl);

export { Map, Marker };
